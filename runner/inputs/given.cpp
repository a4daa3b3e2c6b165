#include "inputs/given.hpp"

#include "base/text.hpp"

namespace inputs {

std::optional<std::string> Given::variable(std::string_view name) const {
    const Input* input = find(name);
    if (input == nullptr) {
        return std::nullopt;
    }
    auto value = world_.environment(variable_name(*input));
    return value && !value->empty() ? value : world_.environment(shell_variable_name(*input));
}

bool Given::by_flag(std::string_view name) const {
    return command_line_.flags.contains(std::string(name));
}

std::optional<std::string> Given::text(std::string_view name) const {
    const auto flag = command_line_.flags.find(std::string(name));
    std::string value =
        flag != command_line_.flags.end() ? base::trim(flag->second.back()) : base::trim(variable(name).value_or(""));
    return value.empty() ? std::nullopt : std::optional(std::move(value));
}

std::string Given::text_or_default(std::string_view name) const {
    const Input* input = find(name);
    return text(name).value_or(input == nullptr ? std::string() : std::string(input->fallback));
}

std::vector<Item> Given::items(std::string_view name) const {
    std::vector<Item> items;
    const auto flag = command_line_.flags.find(std::string(name));
    const auto values =
        flag != command_line_.flags.end() ? flag->second : std::vector<std::string>{variable(name).value_or("")};
    for (const auto& value : values) {
        for (auto& line : base::nonempty_lines(value)) {
            if (!line.starts_with('#')) {
                items.push_back({std::move(line), items.size() + 1});
            }
        }
    }
    return items;
}

}  // namespace inputs
