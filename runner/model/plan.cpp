#include "model/plan.hpp"

#include <algorithm>
#include <array>

namespace model {

std::string_view to_string(ObjectChange::Kind kind) {
    constexpr std::array<std::string_view, 5> names{"none", "create", "change", "remove", "stay"};
    return names.at(static_cast<std::size_t>(kind));
}

bool Plan::changes() const {
    const bool pods =
        forecast && (!forecast->restarts.empty() || !forecast->created.empty() || !forecast->removed.empty());
    return pods || std::ranges::any_of(objects, [](const auto& object) {
               return object.kind != ObjectChange::Kind::none && object.kind != ObjectChange::Kind::stay;
           });
}

bool Plan::blocked() const {
    return std::ranges::any_of(findings,
                               [](const auto& finding) { return finding.severity == PlanFinding::Severity::blocking; });
}

}  // namespace model
