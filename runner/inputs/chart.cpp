#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "inputs/check.hpp"
#include "inputs/shown.hpp"

namespace inputs {
namespace {

namespace fs = std::filesystem;

bool is_chart_folder(const std::string& path, const World& world) {
    return world.kind(path) == PathKind::folder && world.kind(fs::path(path) / "Chart.yaml") == PathKind::file;
}

// An installed program has its chart in ../share, one in a build tree (build/NAME/) in
// the source tree.
std::string packed_chart(const World& world) {
    const std::array places{world.executable_folder / "../share/etcd-deploy/charts/etcd",
                            world.executable_folder / "../../charts/etcd"};
    for (const auto& place : places) {
        const std::string path = place.lexically_normal().string();
        if (is_chart_folder(path, world)) {
            return path;
        }
    }
    return {};
}

// "host" of "https://user@host:1/path", without user and port.
std::string_view authority_of(std::string_view url) {
    url.remove_prefix(std::min(url.size(), url.find("://") + 3));
    return url.substr(0, url.find_first_of("/?#"));
}

bool is_this_machine(std::string_view authority) {
    const bool bracketed = authority.starts_with('[');
    const auto host =
        bracketed ? authority.substr(0, authority.find(']') + 1) : authority.substr(0, authority.find(':'));
    return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool is_bare_name(std::string_view name) {
    return !name.empty() && name.front() != '-' && name.front() != '.' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    });
}

void check_repository(const std::string& url, Faults& faults) {
    const auto authority = authority_of(url);
    if (authority.contains('@')) {
        faults.push_back({.input = "chart-repo",
                          .message = "the address holds a user name or password, which would reach helm's command line",
                          .hint = "use a repository that can be read without them, or pull the chart in an earlier "
                                  "step and give its path"});
        return;
    }
    const bool good = url.starts_with("https://") || (url.starts_with("http://") && is_this_machine(authority));
    if (!good || authority.empty() || looks_like_content(url) || url.contains(' ')) {
        faults.push_back({.input = "chart-repo",
                          .message = shown(url) + " is not the https:// address of a chart repository",
                          .hint = url.starts_with("oci://") ? "give an oci:// address as chart, without chart-repo"
                                                            : "for instance https://charts.bitnami.com/bitnami"});
    }
}

void check_version(const std::string& version, Faults& faults) {
    const bool good = version.front() != '-' && version.size() <= 100 && std::ranges::all_of(version, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 std::string_view(" .+-~^<>=|,*").contains(c);
                      });
    if (!good) {
        faults.push_back({.input = "chart-version",
                          .message = shown(version) + " is no version",
                          .hint = "for instance 12.0.20, or a range such as ^12.0"});
    }
}

void check_registry_address(const std::string& location, Faults& faults) {
    const auto authority = authority_of(location);
    if (authority.contains('@')) {
        faults.push_back({.input = "chart",
                          .message = "the address holds a user name or password, which would reach helm's command line",
                          .hint = "log in to the registry in an earlier step"});
    } else if (authority.empty() || location.contains(' ') || looks_like_content(location) ||
               authority.size() + std::string_view("oci://").size() + 1 >= location.size()) {
        faults.push_back({.input = "chart",
                          .message = shown(location) + " is no address of a chart",
                          .hint = "for instance oci://registry.example/charts/etcd"});
    }
}

std::string hint_for_missing(const std::string& location) {
    if (location.starts_with("https://") || location.starts_with("http://")) {
        return "give the address of the repository as chart-repo and the chart's name as chart";
    }
    const auto slash = location.find('/');
    if (slash == std::string::npos && is_bare_name(location)) {
        return "the name of a chart needs chart-repo, the address of its repository";
    }
    if (slash != std::string::npos && slash > 0 && location.find('/', slash + 1) == std::string::npos &&
        is_bare_name(std::string_view(location).substr(0, slash))) {
        return "helm's short names of repositories are not known here: give \"" + location.substr(slash + 1) +
               "\" as chart and the repository's address as chart-repo";
    }
    return "paths count from the working directory; in a workflow, check the repository out first";
}

void check_path(const std::string& location, const World& world, Faults& faults) {
    const auto kind = looks_like_content(location) ? PathKind::missing : world.kind(location);
    if (kind == PathKind::missing) {
        faults.push_back({.input = "chart",
                          .message = "there is no chart at " + shown(location),
                          .hint = looks_like_content(location) ? "" : hint_for_missing(location)});
    } else if (kind == PathKind::folder && !is_chart_folder(location, world)) {
        faults.push_back({.input = "chart",
                          .message = "the folder " + shown(location) + " is no chart: it has no Chart.yaml",
                          .hint = "give the folder that holds Chart.yaml"});
    } else if (kind == PathKind::file && !location.ends_with(".tgz") && !location.ends_with(".tar.gz")) {
        faults.push_back({.input = "chart",
                          .message = "the file " + shown(location) + " is no packed chart",
                          .hint = "give the folder of a chart, or an archive made by helm package (.tgz)"});
    }
}

}  // namespace

model::ChartReference check_chart(const Given& given, const World& world, Faults& faults) {
    model::ChartReference chart{.location = given.text("chart").value_or(""),
                                .repository = given.text("chart-repo").value_or(""),
                                .version = given.text("chart-version").value_or("")};
    if (!chart.version.empty()) {
        check_version(chart.version, faults);
    }
    if (!chart.repository.empty()) {
        check_repository(chart.repository, faults);
        if (chart.location.empty()) {
            faults.push_back(
                {.input = "chart", .message = "chart-repo needs the name of a chart", .hint = "chart: etcd"});
        } else if (chart.location.starts_with("oci://")) {
            faults.push_back({.input = "chart",
                              .message = "an oci:// address and chart-repo exclude each other",
                              .hint = "leave chart-repo out"});
        } else if (!is_bare_name(chart.location)) {
            faults.push_back({.input = "chart",
                              .message = shown(chart.location) + " is no name of a chart in a repository",
                              .hint = "give the name alone: etcd"});
        }
        return chart;
    }
    if (chart.location.starts_with("oci://")) {
        check_registry_address(chart.location, faults);
        return chart;
    }
    if (!chart.version.empty()) {
        faults.push_back({.input = "chart-version",
                          .message = "a chart in a folder or an archive has the version that it has",
                          .hint = "leave chart-version out, or give chart-repo or an oci:// address"});
    }
    if (chart.location.empty()) {
        chart.location = packed_chart(world);
        chart.is_packed = true;
        if (chart.location.empty()) {
            faults.push_back({.input = "chart",
                              .message = "the packed chart is not beside the program",
                              .hint = "give a chart, or install etcd-deploy with its share folder"});
        }
        return chart;
    }
    chart.location = expand_home(chart.location, world);
    check_path(chart.location, world, faults);
    // helm would take "etcd" for a name and "-x" for a flag; "./etcd" is neither.
    if (!chart.location.empty() && chart.location.front() != '/' && chart.location.front() != '.') {
        chart.location.insert(0, "./");
    }
    return chart;
}

}  // namespace inputs
