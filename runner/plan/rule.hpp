// A rule looks at one case and says what speaks against it. Adding one: a row in the table of the file that
// it belongs to, and a row in tests/unit/plan/rules_test.cpp. Shared by the source files of this folder, and the docs'
// test.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/plan.hpp"

namespace plan {

struct Case;

struct Found {
    std::string message;  // one sentence, no full stop
    std::string why;      // what would come of it
    std::string hint;     // what to do
    std::string value;    // the setting that it is about, "persistence.size"; empty: none
};

struct Rule {
    std::string_view name;  // for people, and for the input allow: never renamed
    model::PlanFinding::Severity severity = model::PlanFinding::Severity::blocking;
    std::string_view about;  // for docs/plan.md: when it speaks
    std::vector<Found> (*look)(const Case&) = nullptr;
};

inline constexpr auto blocks = model::PlanFinding::Severity::blocking;
inline constexpr auto warns = model::PlanFinding::Severity::warning;

[[nodiscard]] std::span<const Rule> member_rules();   // how many there are, and where
[[nodiscard]] std::span<const Rule> version_rules();  // of etcd
[[nodiscard]] std::span<const Rule> storage_rules();
[[nodiscard]] std::span<const Rule> chart_rules();    // traps of charts and their values
[[nodiscard]] std::span<const Rule> trial_rules();    // what the API server said to a dry run
[[nodiscard]] std::span<const Rule> cluster_rules();  // rights, quotas, versions
[[nodiscard]] std::span<const Rule> live_rules();     // how etcd is now

// All, in the order in which they are told.
[[nodiscard]] std::vector<Rule> all_rules();

}  // namespace plan
