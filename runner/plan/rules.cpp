#include <algorithm>

#include "plan/rule.hpp"

namespace plan {

std::vector<Rule> all_rules() {
    std::vector<Rule> all;
    for (const auto table : {cluster_rules(), live_rules(), member_rules(), version_rules(), storage_rules(),
                             chart_rules(), trial_rules()}) {
        all.insert(all.end(), table.begin(), table.end());
    }
    return all;
}

}  // namespace plan
