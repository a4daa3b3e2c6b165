#include "operate/hooks.hpp"

#include <utility>

namespace operate {

void HookWatch::look(const rollout::View& view) {
    const auto& release = run_.request().release;
    narrator_.tell(judge_.hook_pods(view, release), {});
    auto cause = judge_.failed_hook(view, release);
    if (!cause) {
        return;
    }
    const auto pod = view.pods().find(cause->pod);
    const std::string key =
        cause->headline +
        (pod == view.pods().end() ? "" : pod->second.meta.uid + "/" + std::to_string(pod->second.restarts()));
    if (key == known_ || (cause->pod.empty() && failure_)) {
        return;  // a Job's own end says less than that of its container
    }
    known_ = key;
    add_log(run_, *cause);
    failure_ = std::move(cause);
}

}  // namespace operate
