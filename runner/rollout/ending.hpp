// Pure: what ended a container, in words. Its exit code alone misleads: whom the kubelet stops, since a probe
// or a lifecycle hook fails, ends well (0) or by a signal (143, 137), and only the kubelet's events tell.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/kubernetes.hpp"
#include "rollout/view.hpp"

namespace rollout {

enum class EndedBy : std::uint8_t { itself, memory, start, kubelet };

struct Ending {
    EndedBy by = EndedBy::itself;
    // To follow the container's name.
    std::string once;   // "ended with exit code 3", "was killed since its startup probe failed: …"
    std::string again;  // "keeps crashing, last with exit code 3", "keeps being killed since …"
    std::string hint;
    bool has_answered = false;  // its probe that failed, with a status of HTTP
    bool log_tells = false;     // its last words may tell why: nobody has stopped it
};

// `end`: of this container, now or before its last restart.
[[nodiscard]] Ending ending_of(const model::Pod& pod, const model::ContainerStatus& container,
                               const model::Termination& end, const View& view);

// How often the containers of this pod have ended so far, by container: restarts, and one more for whom a restart is
// still awaited. An init container that has done its work does not count.
[[nodiscard]] std::map<std::string, std::int32_t> ends_so_far(const model::Pod& pod);

}  // namespace rollout
