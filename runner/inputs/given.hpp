// What was given for each input, flags before INPUT_* variables, as plain text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inputs/command_line.hpp"
#include "inputs/inputs.hpp"

namespace inputs {

// One item of a list, with its number for messages (counting from 1).
struct Item {
    std::string text;
    std::size_t number = 0;
};

class Given {
public:
    Given(const CommandLine& command_line, const World& world) : command_line_(command_line), world_(world) {}

    // Trimmed; nothing when not given or empty. The last of several flags counts.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    // As text(), else the table's fallback.
    [[nodiscard]] std::string text_or_default(std::string_view name) const;
    // Each flag's value, or the lines of the variable.
    [[nodiscard]] std::vector<Item> items(std::string_view name) const;
    [[nodiscard]] bool by_flag(std::string_view name) const;

private:
    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const;

    const CommandLine& command_line_;
    const World& world_;
};

}  // namespace inputs
