#include "operate/rolling_plan.hpp"

#include "operate/member_changes.hpp"
#include "operate/release.hpp"

namespace operate {
std::vector<std::string> RollingPlan::helm_values() const {
    return is_orchestrated ? std::vector<std::string>{"updateStrategy.type=OnDelete"} : std::vector<std::string>();
}

base::Result<RollingPlan> plan_rolling(const Run& run, const Observer& observer, bool is_orchestrated) {
    const RollingPlan plan{.is_orchestrated = is_orchestrated};
    const auto live = etcd_set(observer.view(), run.request().release);
    if (!live) {
        return plan;
    }
    if (plan.is_orchestrated && !(*live)->on_delete) {
        TRY(MemberChanges(run).drop_rolling_update(**live));
    }
    return plan;
}

}  // namespace operate
