#include <algorithm>

#include "base/text.hpp"
#include "inputs/check.hpp"
#include "inputs/shown.hpp"

namespace inputs {

// The words of YAML 1.2's core schema, as GitHub's own actions take them.
bool check_boolean(const Given& given, std::string_view name, Faults& faults) {
    const std::string value = given.text_or_default(name);
    if (value == "true" || value == "True" || value == "TRUE") {
        return true;
    }
    if (value != "false" && value != "False" && value != "FALSE") {
        faults.push_back(
            {.input = std::string(name), .message = shown(value) + " is no boolean", .hint = "write true or false"});
    }
    return false;
}

std::size_t check_choice(const Input& input, const std::string& value, Faults& faults) {
    const auto found = std::ranges::find(input.choices, value);
    if (found != input.choices.end()) {
        return static_cast<std::size_t>(found - input.choices.begin());
    }
    std::vector<std::string> known(input.choices.begin(), input.choices.end());
    const auto meant = base::nearest(value, known);
    faults.push_back({.input = std::string(input.name),
                      .message = "there is no " + std::string(input.name) + " " + shown(value),
                      .hint = meant.empty() ? "one of: " + base::join(known, ", ") : "did you mean " + meant + "?"});
    return 0;
}

namespace {

// "one second", "one day": the limits that there are.
std::string in_words(std::chrono::milliseconds duration) {
    using namespace std::chrono;
    return duration == hours(24)    ? "one day"
           : duration == hours(1)   ? "one hour"
           : duration == seconds(1) ? "one second"
                                    : base::human_duration(duration);
}

}  // namespace

std::chrono::milliseconds check_duration(const Given& given, const DurationRule& rule, Faults& faults) {
    const std::string input(rule.input);
    const std::string value = given.text_or_default(input);
    auto duration = base::parse_duration(value);
    if (!duration) {
        faults.push_back({.input = input,
                          .message = shown(value) + " is no duration",
                          .hint = "write a number with its unit: 90s, 10m, 1h30m"});
        return {};
    }
    if (*duration < rule.shortest || *duration > rule.longest) {
        faults.push_back(
            {.input = input,
             .message = shown(value) + (rule.shortest.count() == 0 ? " is longer than " + in_words(rule.longest)
                                                                   : " is not between " + in_words(rule.shortest) +
                                                                         " and " + in_words(rule.longest)),
             .hint = "the default is " + std::string(find(input)->fallback)});
    }
    return *duration;
}

// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
void check_label(const std::string& value, const LabelRule& rule, Faults& faults) {
    const auto is_letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const bool good = !value.empty() && value.size() <= rule.longest && is_letter_or_digit(value.front()) &&
                      is_letter_or_digit(value.back()) &&
                      std::ranges::all_of(value, [&](char c) { return is_letter_or_digit(c) || c == '-'; });
    if (!good) {
        faults.push_back({.input = std::string(rule.input),
                          .message = shown(value) + " cannot be the name of a " + std::string(rule.input),
                          .hint = "small letters, digits and hyphens, at most " + std::to_string(rule.longest) +
                                  " of them, a letter or digit first and last"});
    }
}

std::string expand_home(const std::string& path, const World& world) {
    for (const std::string_view prefix : {"~/", "$HOME/", "${HOME}/"}) {
        if (path.starts_with(prefix)) {
            const auto home = world.environment("HOME");
            return home && !home->empty() ? *home + "/" + path.substr(prefix.size()) : path;
        }
    }
    return path;
}

}  // namespace inputs
