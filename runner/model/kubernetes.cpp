#include "model/kubernetes.hpp"

#include <algorithm>
#include <limits>

namespace model {

const Condition* Pod::condition(const std::string& type) const {
    const auto found = std::ranges::find(conditions, type, &Condition::type);
    return found == conditions.end() ? nullptr : &*found;
}

bool Pod::ready() const {
    const Condition* ready = condition("Ready");
    return ready != nullptr && ready->status == "True";
}

std::int32_t Pod::restarts() const {
    std::int64_t sum = 0;  // untrusted counts: wide enough not to overflow
    for (const ContainerStatus& container : containers) {
        sum += container.restart_count;
    }
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, 0, most));
}

}  // namespace model
