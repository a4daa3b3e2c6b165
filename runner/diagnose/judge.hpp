// Pure: facts -> causes. The Troubleshooting section of an operations handbook, as rules.
// docs/diagnose.md lists their names.
#pragma once

#include <optional>

#include "diagnose/facts.hpp"
#include "model/diagnosis.hpp"
#include "model/etcd.hpp"

namespace diagnose {

struct Verdict {
    model::Diagnosis diagnosis;
    std::optional<model::ClusterHealth> health;  // when members could be asked
};

// One root cause is told once: what is so because of it stands below it, not beside it.
[[nodiscard]] Verdict judge(const Facts& facts);

}  // namespace diagnose
