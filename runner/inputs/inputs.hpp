// What the user asks for: command line and INPUT_* variables -> a checked Request,
// or every fault at once. Pure: the outside comes in as functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "inputs/table.hpp"
#include "model/request.hpp"

namespace inputs {

enum class PathKind : std::uint8_t { missing, file, folder, pipe };

// The outside. Relative paths count from the working directory.
struct World {
    // getenv; sys::environment fits.
    std::function<std::optional<std::string>(const std::string& name)> environment;
    // Errors: not_found, forbidden, bad_input (a folder, or longer than `limit`), io;
    // sys::read_file fits.
    std::function<base::Result<std::string>(const std::filesystem::path& path, std::size_t limit)> read_file;
    // Follows links; what cannot be looked at is missing; devices are files.
    std::function<PathKind(const std::filesystem::path& path)> kind;
    // Why no cluster can be named by this kubeconfig and context; nothing when one can.
    // Asked only to complete a report of other faults. May be empty.
    std::function<std::optional<base::Error>(const model::KubeconfigSource& source, const std::string& context)>
        kubeconfig_error = {};
    // Folder of the running program: the packed chart is found from there.
    std::filesystem::path executable_folder;
};

// One thing that is wrong with what was asked for. It never holds the text of a
// kubeconfig, nor the value of a setting.
struct Fault {
    std::string input = {};    // "values"; empty: the command line as a whole
    std::string message = {};  // one sentence, no full stop
    std::string hint = {};     // what to do; may be empty
    std::string file = {};     // as the user wrote it; empty: it is not about a file
    int line = 0;              // from 1; 0: unknown
    int column = 0;            // from 1; 0: unknown

    // "values: deployments/etcd/values.yaml:3:5: the key ... "
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Fault&, const Fault&) = default;
};

// Text that was asked for (--help, --version): print it and exit with 0.
struct Message {
    std::string text;
};

// `arguments` without the program's name. Flags win over INPUT_* variables; an empty
// variable counts as unset.
[[nodiscard]] std::variant<model::Request, Message, std::vector<Fault>> parse(std::span<const std::string> arguments,
                                                                              const World& world);

// What is wanted on stdout, known also when other inputs are faulty.
[[nodiscard]] model::OutputFormat output_format(std::span<const std::string> arguments, const World& world);

// What a RunRecord holds when there are faults: code bad_input. The message's first
// line sums up, each further line is one fault (with its hint).
[[nodiscard]] base::Error to_error(const std::vector<Fault>& faults);

// The help text: of the whole program, or of one action with every detail.
[[nodiscard]] std::string help();
[[nodiscard]] std::string help(model::Action action);

}  // namespace inputs
