// Traps of charts, Bitnami's among them, and of their values.
#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "model/quantity.hpp"
#include "plan/case.hpp"
#include "plan/placement.hpp"
#include "plan/rule.hpp"

namespace plan {
namespace {

bool is_bitnami(const Case& it) {
    return it.facts.chart.home.contains("bitnami") || text(at(it.defaults, "image.repository")).starts_with("bitnami");
}

// -- helm could not render the chart

// Of the Bitnami charts' own check: https://github.com/bitnami/charts/issues/30850
constexpr std::array insecure_image_traps{std::string_view("allowInsecureImages"),
                                          std::string_view("Unrecognized images")};
constexpr std::array password_traps{std::string_view("PASSWORDS ERROR"),
                                    std::string_view("provide your current passwords")};
// Of a chart's schema.
constexpr std::array text_traps{
    std::string_view("got number, want string"), std::string_view("got boolean, want string"),
    std::string_view("Expected: string, given: "),
    // What it renders helm reads as objects of Kubernetes.
    std::string_view("cannot unmarshal number into Go"), std::string_view("cannot unmarshal bool into Go")};

bool says_any(const Case& it, const auto& traps) {
    return std::ranges::any_of(traps, [&it](std::string_view trap) { return it.facts.render_error.contains(trap); });
}

// "at '/autoCompactionRetention': got number, want string" -> "autoCompactionRetention"
std::string setting_in(const std::string& error) {
    const auto begin = error.find("at '/");
    const auto end = begin == std::string::npos ? begin : error.find('\'', begin + 5);
    return end == std::string::npos ? std::string()
                                    : base::replace_all(error.substr(begin + 5, end - begin - 5), "/", ".");
}

std::vector<Found> insecure_images(const Case& it) {
    if (!says_any(it, insecure_image_traps)) {
        return {};
    }
    return {{.message = "the Bitnami chart takes no image but its own without global.security.allowInsecureImages",
             .why = "it ends with an error instead of rendering anything",
             .hint = "global.security.allowInsecureImages: true, when the image is one that you trust",
             .value = "image.repository"}};
}

std::vector<Found> missing_password(const Case& it) {
    const bool refused = says_any(it, password_traps);
    const bool would_be = is_bitnami(it) && it.facts.release && truth(it.value("auth.rbac.create")) &&
                          text(it.value("auth.rbac.rootPassword")).empty() &&
                          text(it.value("auth.rbac.existingSecret")).empty() && it.facts.render_error.empty();
    if (!refused && !would_be) {
        return {};
    }
    return {{.message = "auth.rbac is on, and an upgrade of the Bitnami chart wants the password that there is",
             .why = "it would refuse to render, or make a new password that etcd does not know",
             .hint = "auth.rbac.existingSecret: the Secret that holds it (the chart's own is named after the release); "
                     "or auth.rbac.create: false when etcd has no users",
             .value = "auth.rbac.create"}};
}

void find_numbers(const Json& values, const std::string& path, std::string_view key, std::vector<Found>& found);

// Settings that are texts wherever they stand: etcd's retention, and what becomes annotations and labels.
bool holds_texts(std::string_view key) {
    const auto name = base::lower(key);
    return name.ends_with("annotations") || name.ends_with("labels") || name == "nodeselector";
}

Found number_in(const std::string& path, const Json& value) {
    return {.message = path + " is " + value.dump() + ", a " + (value.is_boolean() ? "truth value" : "number") +
                       ", and has to be a text",
            .why = "the chart or the API server refuses it",
            .hint = "in a values file put it into quotes: \"" + value.dump() +
                    "\"; on the command line use set-string (--set-string " + path + "=" + value.dump() + ")",
            .value = path};
}

void find_numbers(const Json& values, const std::string& path, std::string_view key, std::vector<Found>& found) {
    for (const auto& [name, value] : values.items()) {
        const auto inner = path.empty() ? name : path + "." + name;
        const bool is_text = name == "autoCompactionRetention" || (holds_texts(key) && values.is_object());
        if (is_text && (value.is_number() || value.is_boolean())) {
            found.push_back(number_in(inner, value));
        } else if (value.is_object()) {
            find_numbers(value, inner, name, found);
        }
    }
}

std::vector<Found> numbers_for_texts(const Case& it) {
    std::vector<Found> found;
    find_numbers(it.values, {}, {}, found);
    if (found.empty() && says_any(it, text_traps)) {
        const auto setting = setting_in(it.facts.render_error);
        found.push_back(
            {.message = setting.empty()
                            ? "a number or truth value stands where a text belongs: " + it.facts.render_error
                            : setting + " is no text, and has to be one",
             .why = "the chart refuses it",
             .hint = "in a values file put it into quotes; on the command line use set-string instead of set",
             .value = setting});
    }
    return found;
}

std::vector<Found> cannot_be_rendered(const Case& it) {
    if (it.facts.render_error.empty() || says_any(it, insecure_image_traps) || says_any(it, password_traps) ||
        says_any(it, text_traps)) {
        return {};
    }
    return {{.message = "helm cannot render the chart: " + it.facts.render_error,
             .why = "nothing can be deployed",
             .hint = it.facts.render_hint.empty() ? "correct the setting that the message names" : it.facts.render_hint,
             .value = setting_in(it.facts.render_error)}};
}

// -- what it renders

// Its versioned images have been moved away: https://github.com/bitnami/charts/issues/35164
std::vector<Found> images_that_are_gone(const Case& it) {
    std::vector<Found> found;
    for (const auto* kind : {"containers", "initContainers"}) {
        for (const auto& container : it.set_field(std::string("spec.template.spec.") + kind)) {
            auto image = text(at(container, "image"));
            for (const std::string_view registry : {"docker.io/", "registry-1.docker.io/", "index.docker.io/"}) {
                if (image.starts_with(registry)) {
                    image.erase(0, registry.size());
                }
            }
            if (image.starts_with("bitnami/") && !image.ends_with(":latest") && image.find(':') != std::string::npos) {
                found.push_back(
                    {.message = "image " + text(at(container, "image")) + " is not published any more",
                     .why = "Bitnami took its versioned images off the public registry on 2025-08-28: the "
                            "members would wait for it for ever",
                     .hint = "take the packed chart (leave the input chart out), which runs etcd's own image; or "
                             "image.repository: bitnamilegacy/… for a while, with "
                             "global.security.allowInsecureImages: true",
                     .value = "image.repository"});
            }
        }
    }
    return found;
}

std::vector<Found> hook_without_node(const Case& it) {
    std::vector<Found> found;
    if (!it.facts.nodes) {
        return found;
    }
    for (const auto& hook : it.hooks) {
        const auto events = annotation(hook, "helm.sh/hook");
        const bool concerns = events.contains(it.facts.release ? "pre-upgrade" : "pre-install");
        if (text(at(hook, "kind")) != "Job" || !concerns) {
            continue;
        }
        const auto why = why_no_node(*it.facts.nodes, at(hook, "spec.template.spec"));
        if (!why.empty()) {
            found.push_back({.message = "hook Job " + text(at(hook, "metadata.name")) + " cannot be placed: " + why,
                             .why = "helm waits for it, silent, until its timeout, and applies nothing",
                             .hint =
                                 "correct its nodeSelector, tolerations or requests (preUpgradeJob), or turn it off: "
                                 "preUpgradeJob.enabled: false",
                             .value = "preUpgradeJob.enabled"});
        }
    }
    return found;
}

// etcd's own default; https://etcd.io/docs/v3.6/dev-guide/limit/
constexpr std::uint64_t default_quota = std::uint64_t{2} << 30U;
constexpr std::uint64_t base_memory = std::uint64_t{128} << 20U;

std::uint64_t quota_of(const Case& it) {
    for (const auto& variable : at(it.container(), "env")) {
        if (text(at(variable, "name")) == "ETCD_QUOTA_BACKEND_BYTES") {
            const auto bytes = model::parse_quantity(text(at(variable, "value"))).value_or(0);
            return bytes == 0 ? default_quota : bytes;
        }
    }
    return default_quota;
}

// A rule of thumb of ours: the process itself, and an eighth of the database for the index of its keys and for what
// is being sent. The database is mapped, and its pages count only while nobody else wants the memory.
std::vector<Found> too_little_memory(const Case& it) {
    const auto limit = model::parse_quantity(text(at(it.container(), "resources.limits.memory")));
    const auto needed = base_memory + quota_of(it) / 8;
    if (!limit || *limit >= needed) {
        return {};
    }
    return {{.message = "the memory limit is " + text(at(it.container(), "resources.limits.memory")) +
                        ", and with a database of " + base::human_bytes(quota_of(it)) + ", its quota, etcd may need " +
                        base::human_bytes(needed),
             .why = "the kernel would kill members as the database grows, all of them at about the same size",
             .hint = "raise resources.limits.memory, or lower the quota",
             .value = "resources.limits.memory"}};
}

void find_unknown(const Json& values, const Json& known, const std::string& path, std::vector<Found>& found) {
    if (!values.is_object() || !known.is_object() || known.empty()) {
        return;
    }
    std::vector<std::string> names;
    for (const auto& [name, value] : known.items()) {
        names.push_back(name);
    }
    for (const auto& [name, value] : values.items()) {
        const auto inner = path.empty() ? name : path + "." + name;
        const auto there = known.find(name);
        if (there != known.end()) {
            find_unknown(value, *there, inner, found);
            continue;
        }
        if (inner == "global" || path == "global" || holds_texts(path) || inner == "updateStrategy") {
            continue;  // shared with other charts; anything goes; the runner's own
        }
        const auto meant = base::nearest(name, names);
        found.push_back({.message = "the chart does not know the setting " + inner,
                         .why = "it has no effect",
                         .hint = meant.empty() ? "remove it, or look it up in the chart's values.yaml"
                                               : "did you mean " + (path.empty() ? meant : path + "." + meant) + "?",
                         .value = inner});
    }
}

std::vector<Found> unknown_settings(const Case& it) {
    std::vector<Found> found;
    if (it.facts.render_error.empty()) {
        find_unknown(it.values, it.defaults, {}, found);
    }
    return found;
}

constexpr std::array rules{
    Rule{"insecure-images", blocks,
         "a Bitnami chart is given another image without `global.security.allowInsecureImages`", insecure_images},
    Rule{"missing-password", blocks, "a Bitnami chart with `auth.rbac` on is upgraded without the password",
         missing_password},
    Rule{"set-string", blocks,
         "a number or truth value where a text is needed: `autoCompactionRetention`, annotations, labels",
         numbers_for_texts},
    Rule{"chart-refuses", blocks, "helm cannot render the chart with these values", cannot_be_rendered},
    Rule{"images-gone", blocks, "a versioned image of Bitnami, which is not published any more", images_that_are_gone},
    Rule{"hook-unplaceable", warns, "no node takes the Job that helm runs first", hook_without_node},
    Rule{"memory-limit", warns, "the memory limit is lower than 128 MiB and an eighth of etcd's quota",
         too_little_memory},
    Rule{"unknown-setting", warns, "the chart does not know a setting", unknown_settings},
};

}  // namespace

std::span<const Rule> chart_rules() {
    return rules;
}

}  // namespace plan
