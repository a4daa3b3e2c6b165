// From the version of etcd that runs to the one that is asked for.
// https://etcd.io/docs/v3.6/upgrades/upgrade_3_6/ https://etcd.io/docs/v3.7/upgrades/upgrade_3_7/
#include <algorithm>
#include <array>
#include <charconv>
#include <compare>

#include "base/text.hpp"
#include "plan/case.hpp"
#include "plan/rule.hpp"

namespace plan {
namespace {

struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};

std::string to_text(const Version& version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

std::string minor_text(const Version& version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor);
}

// "v3.6.4", "3.6.4-debian-12-r4", "3.7.3"; nothing for "latest" or "3.6".
std::optional<Version> read_version(std::string_view tag) {
    Version version;
    if (tag.starts_with('v')) {
        tag.remove_prefix(1);
    }
    const auto* here = tag.data();
    const auto* const end = tag.data() + tag.size();
    const std::array parts{&version.major, &version.minor, &version.patch};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            if (here == end || *here != '.') {
                return std::nullopt;
            }
            ++here;
        }
        const auto [rest, error] = std::from_chars(here, end, *parts.at(i));
        if (error != std::errc() || *parts.at(i) < 0) {
            return std::nullopt;
        }
        here = rest;
    }
    return here == end || *here == '-' || *here == '+' || *here == '_' ? std::optional(version) : std::nullopt;
}

std::string image_of(const Case& it) {
    return text(at(it.container(), "image"));
}

// "registry:5000/etcd:v3.6.4@sha256:…" -> "v3.6.4"; empty: none.
std::string tag_of(std::string image) {
    image = image.substr(0, image.find('@'));
    const auto colon = image.rfind(':');
    const auto slash = image.rfind('/');
    return colon == std::string::npos || (slash != std::string::npos && colon < slash) ? std::string()
                                                                                       : image.substr(colon + 1);
}

std::optional<Version> wanted(const Case& it) {
    return read_version(tag_of(image_of(it)));
}

// The lowest version of the members: what etcd's data are of, while they are of several. Of members that do not
// answer: the images that do run, what was verified last, or whose data are adopted. Never what the set was to run:
// that may be what never ran, and what is to be corrected.
std::optional<Version> running(const Case& it) {
    std::optional<Version> lowest;
    for (const auto& member : it.facts.members) {
        const auto version = member.status ? read_version(member.status->version) : std::nullopt;
        if (version && (!lowest || *version < *lowest)) {
            lowest = version;
        }
    }
    for (const auto& pod : it.facts.pods) {
        for (const auto& container : pod.containers) {
            const bool runs = it.facts.members.empty() && container.running && container.ready &&
                              container.name == text(at(it.container(), "name"));
            const auto version = runs ? read_version(tag_of(container.image)) : std::nullopt;
            if (version && (!lowest || *version < *lowest)) {
                lowest = version;
            }
        }
    }
    if (!lowest) {
        lowest = read_version(it.facts.last_version);
    }
    return lowest;
}

struct Step {
    Version from;
    Version to;
};

std::optional<Step> step_of(const Case& it) {
    const auto from = running(it);
    const auto to = wanted(it);
    return from && to ? std::optional(Step{.from = *from, .to = *to}) : std::nullopt;
}

bool is_next_minor(const Step& step) {
    return step.to.major == step.from.major && step.to.minor == step.from.minor + 1;
}

std::vector<Found> skipped_minor(const Case& it) {
    const auto step = step_of(it);
    if (!step || step->to <= step->from || is_next_minor(*step) ||
        (step->to.major == step->from.major && step->to.minor == step->from.minor)) {
        return {};
    }
    const Version next{.major = step->from.major, .minor = step->from.minor + 1};
    return {{.message = "etcd " + to_text(step->from) + " to " + to_text(step->to) + " skips a minor version",
             .why = "members of these two versions do not form a cluster; etcd supports one minor version at a time",
             .hint = "go to the newest " + minor_text(next) + " first",
             .value = "image.tag"}};
}

std::vector<Found> downgrade(const Case& it) {
    const auto step = step_of(it);
    if (!step || step->to.major > step->from.major ||
        (step->to.major == step->from.major && step->to.minor >= step->from.minor)) {
        return {};
    }
    return {{.message = "etcd " + to_text(step->from) + " to " + to_text(step->to) + " is a downgrade",
             .why = "once the whole cluster runs the newer version its data cannot be opened by the older one; the "
                    "members would end as they start",
             .hint = "stay at " + to_text(step->from) + ", or restore a backup that was made before the upgrade",
             .value = "image.tag"}};
}

std::vector<Found> older_patch(const Case& it) {
    const auto step = step_of(it);
    if (!step || step->to >= step->from || step->to.major != step->from.major || step->to.minor != step->from.minor) {
        return {};
    }
    return {{.message = "etcd " + to_text(step->from) + " to " + to_text(step->to) + " goes back to an older patch",
             .why = "faults that were mended come back",
             .hint = "stay at " + to_text(step->from) + ", unless that one is what you want to get away from",
             .value = "image.tag"}};
}

// From which patch on a minor version can be left for the next.
struct Floor {
    int minor;
    int patch;
};
constexpr std::array floors{Floor{.minor = 5, .patch = 32}, Floor{.minor = 6, .patch = 11}};

std::vector<Found> below_the_floor(const Case& it) {
    const auto step = step_of(it);
    if (!step || !is_next_minor(*step) || step->from.major != 3) {
        return {};
    }
    const auto* const floor = std::ranges::find(floors, step->from.minor, &Floor::minor);
    if (floor == floors.end() || step->from.patch >= floor->patch) {
        return {};
    }
    const auto least = to_text({.major = 3, .minor = floor->minor, .patch = floor->patch});
    return {{.message = "etcd " + to_text(step->from) + " cannot go to " + to_text(step->to) + ": it has to be " +
                        least + " or newer first",
             .why = "older ones leave members or data in a state that the next minor version does not start with",
             .hint = "deploy " + least + " or newer, verify it, then go to " + minor_text(step->to),
             .value = "image.tag"}};
}

std::vector<Found> unknown_tag(const Case& it) {
    if (it.set == nullptr || it.container().is_null() || wanted(it)) {
        return {};
    }
    return {{.message = "which version of etcd " + image_of(it) + " is cannot be told from its tag",
             .why = "that it is no downgrade, and skips no minor version, cannot be checked",
             .hint = "image.tag: a full version, such as v3.7.3; with image.digest the tag may stand beside it",
             .value = "image.tag"}};
}

constexpr std::array rules{
    Rule{"skipped-minor", blocks, "the image is more than one minor version of etcd newer", skipped_minor},
    Rule{"downgrade", blocks, "the image is an older minor version of etcd than the one that runs", downgrade},
    Rule{"version-floor", blocks, "3.5 to 3.6 from before 3.5.32, or 3.6 to 3.7 from before 3.6.11", below_the_floor},
    Rule{"older-patch", warns, "the image is an older patch of the minor version that runs", older_patch},
    Rule{"unknown-tag", warns, "the image's tag is no full version", unknown_tag},
};

}  // namespace

std::span<const Rule> version_rules() {
    return rules;
}

}  // namespace plan
