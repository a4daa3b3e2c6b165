// The checks, input by input. Each appends what it finds wrong to `faults` and gives
// the value, or something harmless when there was a fault.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "inputs/given.hpp"
#include "inputs/inputs.hpp"
#include "model/request.hpp"

namespace inputs {

using Faults = std::vector<Fault>;

// scalars.cpp
[[nodiscard]] bool check_boolean(const Given& given, std::string_view name, Faults& faults);
// The index of the choice; 0 after a fault.
[[nodiscard]] std::size_t check_choice(const Input& input, const std::string& value, Faults& faults);
struct DurationRule {
    std::string_view input;
    std::chrono::milliseconds shortest;
    std::chrono::milliseconds longest;
};
[[nodiscard]] std::chrono::milliseconds check_duration(const Given& given, const DurationRule& rule, Faults& faults);
// A DNS label (RFC 1123) of at most `longest` characters.
struct LabelRule {
    std::string_view input;
    std::size_t longest = 63;
};
void check_label(const std::string& value, const LabelRule& rule, Faults& faults);

// values.cpp
struct ValuesFiles {
    std::vector<std::string> paths;
    std::vector<std::string> root_keys;  // of all of them
};
[[nodiscard]] ValuesFiles check_values_files(const Given& given, const World& world, Faults& faults);
[[nodiscard]] std::vector<std::string> check_set(const Given& given, std::string_view name, Faults& faults);

// rollout.cpp: how members are replaced, into the request, whose values are there already.
// `root_keys`: of all values files.
void check_rollout(const Given& given, const std::vector<std::string>& root_keys, model::Request& request,
                   Faults& faults);
[[nodiscard]] model::Graces check_graces(const Given& given, Faults& faults);

// plan.cpp: what is planned, and what may be done in spite of it, into the request.
void check_plan(const Given& given, const World& world, model::Request& request, Faults& faults);
// The release's name once more, for `what` that destroys data.
void check_confirmation(const Given& given, const model::Request& request, Faults& faults);

// chart.cpp
[[nodiscard]] model::ChartReference check_chart(const Given& given, const World& world, Faults& faults);

// env_target.cpp
[[nodiscard]] model::EnvTarget check_env_target(const Given& given, const World& world, Faults& faults);

// kubeconfig.cpp
[[nodiscard]] model::KubeconfigSource check_kubeconfig(const Given& given, const World& world, Faults& faults);

// "~/x" and "$HOME/x" with the home folder filled in: no shell does that for us in a
// workflow. Anything else as it is.
[[nodiscard]] std::string expand_home(const std::string& path, const World& world);

}  // namespace inputs
