#include "inputs/command_line.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "inputs/shown.hpp"
#include "inputs/table.hpp"

namespace inputs {
namespace {

const Input* input_of_flag(std::string_view flag) {
    if (flag.size() == 2 && flag[0] == '-') {
        const auto all = table();
        const auto found = std::ranges::find_if(
            all, [&](const Input& input) { return input.short_flag != '\0' && input.short_flag == flag[1]; });
        return found == all.end() ? nullptr : &*found;
    }
    // "--action" does not exist: on the command line the action is the command.
    if (!flag.starts_with("--") || flag == "--action") {
        return nullptr;
    }
    return find(flag.substr(2));
}

bool is_own_flag(std::string_view argument) {
    const auto flag = argument.substr(0, argument.find('='));
    return flag == "-h" || flag == "--help" || flag == "--version" || input_of_flag(flag) != nullptr;
}

bool is_boolean_word(std::string_view word) {
    const auto small = base::lower(word);
    return small == "true" || small == "false";
}

Fault secret_flag(const Input& input) {
    return {.input = std::string(input.name),
            .message = "a flag would show it to every process of this machine",
            .hint = "export it as " + shell_variable_name(input)};
}

// Joins each flag to its value ("--timeout", "5m" -> "--timeout=5m"), so that CLI11 need
// not guess whether what follows a flag is its value, and a missing value is one fault
// among the others instead of an exception that hides them.
std::vector<std::string> join_values(std::span<const std::string> arguments, std::vector<Fault>& faults) {
    std::vector<std::string> joined;
    bool has_command = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        const Input* input = argument.contains('=') ? nullptr : input_of_flag(argument);
        if (input == nullptr) {
            const auto* joined_input = input_of_flag(argument.substr(0, argument.find('=')));
            if (joined_input != nullptr && joined_input->kind == Kind::secret) {
                faults.push_back(secret_flag(*joined_input));
                continue;
            }
            const bool short_with_value =
                argument.size() > 2 && argument[2] == '=' && input_of_flag(argument.substr(0, 2));
            has_command = has_command || !argument.starts_with('-');
            joined.push_back(short_with_value
                                 ? "--" + std::string(input_of_flag(argument.substr(0, 2))->name) + argument.substr(2)
                                 : argument);
            continue;
        }
        const std::string flag = "--" + std::string(input->name);
        const bool more = i + 1 < arguments.size();
        if (input->kind == Kind::secret) {
            faults.push_back(secret_flag(*input));
            if (more && !is_own_flag(arguments[i + 1])) {
                ++i;
            }
            continue;
        }
        if (input->kind == Kind::boolean) {
            // "install --create-namespace maybe": after the command a word can only be meant as the
            // value, and it is told as such.
            if (more && (is_boolean_word(arguments[i + 1]) || (has_command && !arguments[i + 1].starts_with('-')))) {
                joined.push_back(flag + "=" + arguments[++i]);
            } else {
                joined.push_back(flag + "=true");
            }
        } else if (!more || is_own_flag(arguments[i + 1])) {
            faults.push_back({.input = std::string(input->name),
                              .message = "the flag " + argument + " has no value",
                              .hint = "write " + flag + " " + std::string(input->placeholder)});
        } else {
            joined.push_back(flag + "=" + arguments[++i]);
        }
    }
    return joined;
}

Fault unknown_flag(std::string_view argument) {
    const std::string flag(argument.substr(0, argument.find('=')));
    if (flag == "--action") {
        return {.input = "action", .message = "there is no flag --action", .hint = "write etcd-deploy install"};
    }
    std::vector<std::string> known{"--help", "--version"};
    for (const auto& input : table()) {
        if (input.name != "action") {
            known.push_back("--" + std::string(input.name));
        }
    }
    const auto meant = base::nearest(flag, known);
    return {.message = "unknown flag " + shown(flag),
            .hint = meant.empty() ? "etcd-deploy --help lists the flags" : "did you mean " + meant + "?"};
}

// What CLI11 did not recognise: the command, unknown flags and their values, strays.
void read_extras(const std::vector<std::string>& extras, CommandLine& result) {
    bool after_unknown_flag = false;
    for (const auto& extra : extras) {
        if (extra == "--") {
            continue;
        }
        if (extra.starts_with('-') && extra.size() > 1) {
            result.faults.push_back(unknown_flag(extra));
            after_unknown_flag = !extra.contains('=');
            continue;
        }
        const bool value_of_unknown = after_unknown_flag;
        after_unknown_flag = false;
        if (extra == "help" && !result.command) {
            result.help = true;
        } else if (!result.command && !value_of_unknown) {
            result.command = extra;
        } else if (!value_of_unknown) {
            result.faults.push_back({.message = "unexpected argument " + shown(extra),
                                     .hint = "each value follows its flag: etcd-deploy ACTION --flag value"});
        }
    }
}

}  // namespace

CommandLine read_command_line(std::span<const std::string> arguments) {
    CommandLine result;
    auto joined = join_values(arguments, result.faults);

    CLI::App parser;
    parser.set_help_flag();
    parser.allow_extras();
    parser.add_flag("-h,--help", result.help);
    parser.add_flag("--version", result.version);
    std::map<std::string, CLI::Option*> options;
    for (const auto& input : table()) {
        if (input.name == "action") {
            continue;
        }
        const std::string name(input.name);
        auto* option = parser.add_option("--" + name);
        // One value each time, "[a,b]" left as it is, and any number of times.
        option->type_size(1)->expected(1)->allow_extra_args(false)->multi_option_policy(
            CLI::MultiOptionPolicy::TakeAll);
        options.emplace(name, option);
    }
    try {
        std::ranges::reverse(joined);  // CLI11 takes them from the back
        parser.parse(joined);
    } catch (const CLI::Error& error) {
        // Values are joined to their flags, so this is "--help=x" or the like.
        result.faults.push_back({.message = "the command line cannot be read: " + std::string(error.get_name()),
                                 .hint = "etcd-deploy --help shows how to write it"});
    }
    for (const auto& [name, option] : options) {
        if (option->count() > 0) {
            result.flags[name] = option->results();
        }
    }
    read_extras(parser.remaining(), result);
    return result;
}

}  // namespace inputs
