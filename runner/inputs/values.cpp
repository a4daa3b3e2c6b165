#include <algorithm>
#include <iterator>

#include "base/redaction.hpp"
#include "base/text.hpp"
#include "inputs/check.hpp"
#include "inputs/shown.hpp"
#include "inputs/yaml_scan.hpp"

namespace inputs {
namespace {

// Helm stores the values in a Secret, which holds at most 1 MiB.
constexpr std::size_t largest_values_file = std::size_t{1} << 20U;

Fault about_file(const std::string& path, std::string message, std::string hint) {
    return {.input = "values", .message = std::move(message), .hint = std::move(hint), .file = path};
}

Fault unreadable(const std::string& path, const base::Error& error) {
    switch (error.code) {
        case base::ErrorCode::not_found:
            return about_file(path, "there is no such file",
                              "paths count from the working directory; in a workflow, check the repository out first");
        case base::ErrorCode::forbidden: return about_file(path, "this file may not be read", "check its permissions");
        default: return about_file(path, "cannot be read: " + base::printable(error.message), error.hint);
    }
}

// Gives the keys at its root.
std::vector<std::string> check_content(const std::string& path, const std::string& text, Faults& faults) {
    auto scan = scan_yaml(text);
    for (const auto& problem : scan.problems) {
        Fault fault = about_file(path, problem.message, problem.hint);
        fault.line = problem.line;
        fault.column = problem.column;
        faults.push_back(std::move(fault));
    }
    if (scan.problems.empty() && (scan.root == YamlRoot::scalar || scan.root == YamlRoot::sequence)) {
        faults.push_back(about_file(path,
                                    scan.root == YamlRoot::scalar ? "this holds a single text, not settings"
                                                                  : "this holds a list, not settings",
                                    "a values file is a mapping: replicaCount: 3"));
    }
    return std::move(scan.root_keys);
}

// The parts between unescaped commas outside braces: helm's --set takes several
// assignments in one item ("a=1,b={x,y}").
std::vector<std::string> assignments(const std::string& item) {
    std::vector<std::string> parts(1);
    int braces = 0;
    for (std::size_t i = 0; i < item.size(); ++i) {
        const char c = item[i];
        if (c == '\\' && i + 1 < item.size()) {
            parts.back() += c;
            parts.back() += item[++i];
            continue;
        }
        braces += c == '{' ? 1 : 0;
        braces -= c == '}' && braces > 0 ? 1 : 0;
        if (c == ',' && braces == 0) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// "true", "false", "null" and nothing keep no secret.
bool is_harmless(std::string_view value) {
    return value.empty() || value == "true" || value == "false" || value == "null";
}

}  // namespace

ValuesFiles check_values_files(const Given& given, const World& world, Faults& faults) {
    const auto items = given.items("values");
    if (std::ranges::any_of(items, [](const Item& item) { return looks_like_content(item.text); })) {
        faults.push_back({.input = "values",
                          .message = "this looks like the content of a file, not like paths",
                          .hint = "give the paths of values files, one a line"});
        return {};
    }
    ValuesFiles files;
    for (const auto& item : items) {
        const std::string path = expand_home(item.text, world);
        files.paths.push_back(path);
        if (path.contains(',') || path.starts_with('-')) {
            faults.push_back(
                about_file(path, "helm cannot take this path: it holds a comma or starts with a hyphen",
                           path.contains(',') ? "give one file a line, or rename the file" : "write ./ before it"));
            continue;
        }
        const auto kind = world.kind(path);
        if (kind == PathKind::folder) {
            faults.push_back(about_file(path, "this is a folder", "give the file in it"));
            continue;
        }
        if (kind == PathKind::pipe) {
            faults.push_back(about_file(path, "this is a pipe, which helm could not read once more",
                                        "write the values into a file"));
            continue;
        }
        const auto text = world.read_file(path, largest_values_file);
        if (!text) {
            faults.push_back(unreadable(path, text.error()));
        } else if (text->size() > largest_values_file) {
            faults.push_back(about_file(path, "this file is larger than 1 MiB", "helm cannot store that much"));
        } else {
            std::ranges::move(check_content(path, *text, faults), std::back_inserter(files.root_keys));
        }
    }
    return files;
}

std::vector<std::string> check_set(const Given& given, std::string_view name, Faults& faults) {
    std::vector<std::string> accepted;
    const std::string input(name);
    for (const auto& [text, number] : given.items(name)) {
        const std::string which = "item " + std::to_string(number);
        for (const auto& part : assignments(text)) {
            const auto equals = part.find('=');
            const std::string key = base::trim(part.substr(0, equals));
            if (equals == std::string::npos || key.empty()) {
                // The text may be a secret: only its place is told.
                faults.push_back({.input = input,
                                  .message = which + " is not of the form key=value",
                                  .hint = "a comma within a value is written \\,"});
                break;
            }
            if (base::names_a_secret(key) && !is_harmless(base::trim(part.substr(equals + 1)))) {
                faults.push_back({.input = input,
                                  .message = which + " would put the secret " + shown(key) +
                                             " on helm's command line, where other processes can read it",
                                  .hint = "put it into a values file, or name an existing Secret"});
                break;
            }
        }
        accepted.push_back(text);
    }
    return accepted;
}

}  // namespace inputs
