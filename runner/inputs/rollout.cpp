#include <algorithm>

#include "base/text.hpp"
#include "inputs/check.hpp"
#include "inputs/shown.hpp"

namespace inputs {
namespace {

constexpr std::chrono::hours longest_grace{24};

void check_grace(const Item& item, model::Graces& graces, Faults& faults) {
    const auto which = "item " + std::to_string(item.number);
    const auto equals = item.text.find('=');
    if (equals == std::string::npos) {
        faults.push_back({.input = "grace",
                          .message = which + " is not of the form name=duration",
                          .hint = "for instance unschedulable=5m"});
        return;
    }
    const std::string name = base::trim(item.text.substr(0, equals));
    const std::string value = base::trim(item.text.substr(equals + 1));
    const auto* const known = std::ranges::find(model::named_graces, name, &model::NamedGrace::name);
    if (known == model::named_graces.end()) {
        std::vector<std::string> names;
        for (const auto& grace : model::named_graces) {
            names.emplace_back(grace.name);
        }
        const auto meant = base::nearest(name, names);
        faults.push_back(
            {.input = "grace",
             .message = "there is no grace " + shown(name),
             .hint = meant.empty() ? "one of: " + base::join(names, ", ") : "did you mean " + meant + "?"});
        return;
    }
    const auto duration = base::parse_duration(value);
    if (!duration || *duration > longest_grace) {
        faults.push_back(
            {.input = "grace",
             .message = which + ": " + shown(value) + (duration ? " is longer than one day" : " is no duration"),
             .hint = "write a number with its unit: 90s, 10m, 1h30m"});
        return;
    }
    graces.*known->member = std::chrono::ceil<std::chrono::seconds>(*duration);
}

// "updateStrategy.type=OnDelete" sets updateStrategy.
bool sets(const std::vector<std::string>& assignments, std::string_view key) {
    return std::ranges::any_of(assignments, [&](const std::string& assignment) {
        return assignment.starts_with(key) && assignment.size() > key.size() &&
               std::string_view(".=[").contains(assignment[key.size()]);
    });
}

}  // namespace

void check_rollout(const Given& given, const std::vector<std::string>& root_keys, model::Request& request,
                   Faults& faults) {
    constexpr std::string_view strategy = "updateStrategy";
    const bool own_strategy = std::ranges::find(root_keys, strategy) != root_keys.end() ||
                              sets(request.set, strategy) || sets(request.set_string, strategy);
    request.rollout = own_strategy ? model::Rollout::native : model::Rollout::orchestrated;
    if (const auto given_way = given.text("rollout")) {
        request.rollout = static_cast<model::Rollout>(check_choice(*find("rollout"), *given_way, faults));
    }
    if (own_strategy && request.rollout == model::Rollout::orchestrated) {
        faults.push_back({.input = "rollout",
                          .message = "orchestrated, but the values set updateStrategy",
                          .hint = "remove updateStrategy from the values, or use rollout: native"});
    }
    request.force_quorum_risk = check_boolean(given, "force-quorum-risk", faults);
    request.availability_probe = check_boolean(given, "availability-probe", faults);
    request.on_failure =
        static_cast<model::OnFailure>(check_choice(*find("on-failure"), given.text_or_default("on-failure"), faults));
    request.soak = check_duration(given, {.input = "soak", .shortest = {}, .longest = std::chrono::hours(1)}, faults);
}

model::Graces check_graces(const Given& given, Faults& faults) {
    model::Graces graces;
    for (const auto& item : given.items("grace")) {
        check_grace(item, graces, faults);
    }
    return graces;
}

}  // namespace inputs
