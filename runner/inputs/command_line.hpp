// The command line, taken apart but not yet understood. CLI11 is known to
// command_line.cpp alone.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "inputs/inputs.hpp"

namespace inputs {

struct CommandLine {
    std::optional<std::string> command;                     // as written
    std::map<std::string, std::vector<std::string>> flags;  // by input's name; every time it was given
    bool help = false;
    bool version = false;
    std::vector<Fault> faults;
};

[[nodiscard]] CommandLine read_command_line(std::span<const std::string> arguments);

}  // namespace inputs
