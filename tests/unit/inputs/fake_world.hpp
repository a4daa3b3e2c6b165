// A world in memory for the inputs' tests.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "inputs/inputs.hpp"

namespace inputs_test {

struct FakeWorld {
    std::map<std::string, std::string> variables = {{"HOME", "/home/me"}};
    std::map<std::string, std::string> files = {{"/opt/share/etcd-deploy/charts/etcd/Chart.yaml", "name: etcd"},
                                                {"/home/me/.kube/config", "clusters: []"}};
    std::set<std::string> unreadable = {};
    std::set<std::string> pipes = {};
    std::optional<base::Error> kubeconfig_error = {};

    [[nodiscard]] inputs::World world() const {
        return {
            .environment = [this](const std::string& name) -> std::optional<std::string> {
                const auto found = variables.find(name);
                return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            .read_file = [this](const std::filesystem::path& path,
                                std::size_t limit) { return read(path.lexically_normal().string(), limit); },
            .kind = [this](const std::filesystem::path& path) { return kind(path.lexically_normal().string()); },
            .kubeconfig_error = [this](const model::KubeconfigSource&, const std::string&) { return kubeconfig_error; },
            .executable_folder = "/opt/bin"};
    }

private:
    [[nodiscard]] inputs::PathKind kind(const std::string& path) const {
        if (pipes.contains(path)) {
            return inputs::PathKind::pipe;
        }
        if (files.contains(path)) {
            return inputs::PathKind::file;
        }
        const auto below = files.lower_bound(path + "/");
        return below != files.end() && below->first.starts_with(path + "/") ? inputs::PathKind::folder
                                                                            : inputs::PathKind::missing;
    }
    [[nodiscard]] base::Result<std::string> read(const std::string& path, std::size_t limit) const {
        if (unreadable.contains(path)) {
            return base::fail(base::ErrorCode::forbidden, "permission denied");
        }
        const auto found = files.find(path);
        if (found == files.end()) {
            return base::fail(base::ErrorCode::not_found, "no such file");
        }
        if (found->second.size() > limit) {
            return base::fail(base::ErrorCode::bad_input, "larger than " + std::to_string(limit) + " bytes");
        }
        return found->second;
    }
};

using Arguments = std::vector<std::string>;

// The request, or a failed lookup that names the faults.
inline model::Request request_of(const FakeWorld& fake, const Arguments& arguments) {
    const auto world = fake.world();
    auto result = inputs::parse(arguments, world);
    if (const auto* faults = std::get_if<std::vector<inputs::Fault>>(&result)) {
        throw std::runtime_error(inputs::to_error(*faults).text());
    }
    return std::get<model::Request>(result);
}

// Each fault's text; empty when there is none.
inline std::vector<std::string> faults_of(const FakeWorld& fake, const Arguments& arguments) {
    const auto world = fake.world();
    const auto result = inputs::parse(arguments, world);
    std::vector<std::string> texts;
    if (const auto* faults = std::get_if<std::vector<inputs::Fault>>(&result)) {
        for (const auto& fault : *faults) {
            texts.push_back(fault.text());
        }
    }
    return texts;
}

}  // namespace inputs_test
