// The one table of inputs. The command line's flags, the INPUT_* variables and the
// help text are made of it; a test holds action.yml and docs/inputs.md to it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/request.hpp"

namespace inputs {

enum class Kind : std::uint8_t {
    text,
    choice,      // one of `choices`
    boolean,     // true or false
    duration,    // Go's syntax: 90s, 10m, 1h30m
    paths,       // one file a line; the flag may be repeated
    lines,       // one item a line; the flag may be repeated
    kubeconfig,  // a path, or the text itself: never shown
    secret,      // by its variable only: other processes can read command lines
};

// Where the help text lists it.
enum class Group : std::uint8_t { release, chart, cluster, etcd, plan, rollout, removal, backend, output };

struct Input {
    std::string_view name = {};           // "chart-repo": flag --chart-repo, variable INPUT_CHART-REPO
    std::string_view fallback = {};       // what applies when it is not given; empty: see default_shown
    std::string_view default_shown = {};  // for people, when `fallback` cannot say it
    Kind kind = Kind::text;
    Group group = Group::release;
    std::string_view placeholder = {};  // "FILE"; empty for booleans
    std::string_view help = {};         // one line, no full stop
    std::string_view description = {};  // for action.yml and the reference, whole sentences
    std::vector<std::string_view> choices = {};
    std::vector<model::Action> actions = {};  // those it concerns; empty: all of them
    char short_flag = '\0';                   // "-n"
    bool required = false;
};

[[nodiscard]] std::span<const Input> table();
// Null when there is no such input.
[[nodiscard]] const Input* find(std::string_view name);
[[nodiscard]] bool concerns(const Input& input, model::Action action);
[[nodiscard]] bool is_list(const Input& input);
// "INPUT_CREATE-NAMESPACE": GitHub upper-cases names and keeps hyphens.
[[nodiscard]] std::string variable_name(const Input& input);
// "INPUT_CREATE_NAMESPACE": the same for people, whose shells know no hyphens in names.
[[nodiscard]] std::string shell_variable_name(const Input& input);

// Every action there is, in the order in which people meet them.
[[nodiscard]] std::span<const model::Action> actions();

}  // namespace inputs
