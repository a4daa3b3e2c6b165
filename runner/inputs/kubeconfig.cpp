#include <algorithm>

#include "base/text.hpp"
#include "inputs/check.hpp"
#include "inputs/yaml_scan.hpp"

namespace inputs {
namespace {

// GitHub's secrets hold 48 KB; kubeconfigs with many clusters are a few hundred.
constexpr std::size_t largest_text = std::size_t{1} << 20U;

bool is_kubeconfig_text(const std::string& text) {
    if (text.size() > largest_text || !text.contains("clusters")) {
        return false;
    }
    const auto scan = scan_yaml(text);
    return scan.parses && scan.root == YamlRoot::mapping &&
           std::ranges::find(scan.root_keys, "clusters") != scan.root_keys.end();
}

// Only what cannot be anything but a path may be shown: a token or a piece of base64
// has no folder in front and no file's ending.
bool is_surely_a_path(const std::string& text) {
    const bool begins = text.starts_with("/") || text.starts_with("./") || text.starts_with("../") ||
                        text.starts_with("~/") || text.starts_with("$HOME/");
    const bool ends =
        text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".conf") || text.ends_with("config");
    return (begins || ends) && text.size() <= 100 && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("._-/~$").contains(c);
           });
}

std::vector<std::string> paths_in(const std::string& list, const World& world) {
    std::vector<std::string> paths;
    for (const auto& part : base::split(list, ':')) {
        if (const auto path = base::trim(part); !path.empty()) {
            paths.push_back(expand_home(path, world));
        }
    }
    return paths;
}

// The kubeconfig in the text, plain or base64; empty when there is none.
std::string kubeconfig_in(const std::string& text) {
    if (is_kubeconfig_text(text)) {
        return text;
    }
    if (text.size() > 2 * largest_text) {
        return {};
    }
    auto decoded = base::base64_decode(text);
    return decoded && is_kubeconfig_text(*decoded) ? *std::move(decoded) : std::string();
}

// What went wrong with a text that was meant to be a kubeconfig, without any of it.
Fault not_a_kubeconfig(const std::string& text) {
    auto decoded = base::base64_decode(text);
    const std::string& yaml = decoded ? *decoded : text;
    Fault fault{.input = "kubeconfig",
                .message = "this is neither the path of a file nor the text of a kubeconfig, plain or base64",
                .hint = "give the text that kubectl config view --raw --flatten prints, or its path"};
    if (yaml.contains("clusters") && yaml.size() <= largest_text) {
        const auto scan = scan_yaml(yaml);
        if (!scan.parses) {
            const auto& problem = scan.problems.back();
            fault.message = "the text is not valid YAML at line " + std::to_string(problem.line) + ", column " +
                            std::to_string(problem.column);
        }
    }
    return fault;
}

model::KubeconfigSource from_input(const std::string& value, const World& world, Faults& faults) {
    using From = model::KubeconfigSource::Kind;
    const bool one_line = !value.contains('\n');
    const auto paths = one_line && value.size() <= 4096 ? paths_in(value, world) : std::vector<std::string>{};
    const auto is_file = [&](const std::string& path) { return world.kind(path) == PathKind::file; };
    if (!paths.empty() && std::ranges::all_of(paths, is_file)) {
        return {.kind = From::files, .files = paths, .text = {}};
    }
    if (auto text = kubeconfig_in(value); !text.empty()) {
        return {.kind = From::text, .files = {}, .text = std::move(text)};
    }
    if (std::ranges::any_of(paths, [&](const auto& path) { return world.kind(path) == PathKind::pipe; })) {
        faults.push_back({.input = "kubeconfig",
                          .message = "this is a pipe, which helm could not read once more",
                          .hint = "give a file, or the text itself"});
        return {};
    }
    if (paths.empty() || !std::ranges::all_of(paths, is_surely_a_path)) {
        faults.push_back(not_a_kubeconfig(value));
        return {};
    }
    for (const auto& path : paths) {
        if (!is_file(path)) {
            const bool folder = world.kind(path) == PathKind::folder;
            faults.push_back({.input = "kubeconfig",
                              .message = folder ? "this is a folder" : "there is no such file",
                              .hint = folder ? "give the file in it"
                                             : "in a container, the home of the runner's host "
                                               "is not there: give the text instead",
                              .file = path});
        }
    }
    return {.kind = From::files, .files = paths, .text = {}};
}

}  // namespace

model::KubeconfigSource check_kubeconfig(const Given& given, const World& world, Faults& faults) {
    using From = model::KubeconfigSource::Kind;
    if (const auto value = given.text("kubeconfig")) {
        return from_input(*value, world, faults);
    }
    // Missing files in KUBECONFIG are passed over, as kubectl does.
    const auto is_missing = [&](const std::string& path) { return world.kind(path) != PathKind::file; };
    if (const auto variable = world.environment("KUBECONFIG"); variable && !base::trim(*variable).empty()) {
        auto paths = paths_in(*variable, world);
        std::erase_if(paths, is_missing);
        if (paths.empty()) {
            faults.push_back({.input = "kubeconfig",
                              .message = "the variable KUBECONFIG names no file that is there",
                              .hint = "unset it, or give kubeconfig"});
        }
        return {.kind = From::files, .files = std::move(paths), .text = {}};
    }
    const auto home = world.environment("HOME");
    if (home && !home->empty()) {
        const std::string path = *home + "/.kube/config";
        if (!is_missing(path)) {
            return {.kind = From::files, .files = {path}, .text = {}};
        }
    }
    if (const auto host = world.environment("KUBERNETES_SERVICE_HOST"); host && !host->empty()) {
        return {.kind = From::in_cluster, .files = {}, .text = {}};
    }
    faults.push_back(
        {.input = "kubeconfig",
         .message = "there is no kubeconfig, so no cluster to work on",
         .hint = "in a workflow: kubeconfig: ${{ secrets.KUBECONFIG }}; at a terminal: --kubeconfig FILE"});
    return {};
}

}  // namespace inputs
