#include "helm/release.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "base/redaction.hpp"
#include "base/text.hpp"
#include "sys/digest.hpp"

namespace helm {
namespace {

using base::ErrorCode;
using Json = nlohmann::json;

constexpr std::size_t release_limit = std::size_t{16} << 20U;
constexpr std::size_t shown_value = 120;
constexpr int deepest = 64;

std::string text(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const Json& member(const Json& object, const char* key) {
    static const Json none = Json::object();
    if (!object.is_object()) {
        return none;
    }
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

struct Leaf {
    std::string value;
    bool secret = false;
};
using Leaves = std::map<std::string, Leaf>;

std::string as_text(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

void flatten(const Json& value, const std::string& path, bool secret, Leaves& leaves, int depth) {
    if (depth > deepest) {
        return;
    }
    if (value.is_object() && !value.empty()) {
        // An entry like {name: PASSWORD, value: x} is a secret by its name, too.
        const bool named_secret = base::names_a_secret(text(value, "name"));
        for (const auto& [key, inner] : value.items()) {
            const bool hides = secret || base::names_a_secret(key) || (named_secret && key == "value");
            flatten(inner, path.empty() ? key : path + "." + key, hides, leaves, depth + 1);
        }
        return;
    }
    if (value.is_array() && !value.empty()) {
        for (std::size_t index = 0; index < value.size(); ++index) {
            flatten(value[index], path + "[" + std::to_string(index) + "]", secret, leaves, depth + 1);
        }
        return;
    }
    leaves[base::printable(path)] = {as_text(value), secret};
}

model::ValueChange change(const std::string& path, const Leaf* before, const Leaf* after) {
    const auto side = [](const Leaf* leaf) {
        return leaf == nullptr ? std::string()
               : leaf->secret  ? std::string("***")
                               : base::shorten(base::printable(leaf->value), shown_value);
    };
    return {.path = path, .before = side(before), .after = side(after)};
}

std::vector<model::ValueChange> diff(const Leaves& before, const Leaves& after) {
    std::vector<model::ValueChange> changes;
    for (const auto& [path, leaf] : before) {
        const auto found = after.find(path);
        if (found == after.end()) {
            changes.push_back(change(path, &leaf, nullptr));
        } else if (found->second.value != leaf.value) {
            changes.push_back(change(path, &leaf, &found->second));
        }
    }
    for (const auto& [path, leaf] : after) {
        if (!before.contains(path)) {
            changes.push_back(change(path, nullptr, &leaf));
        }
    }
    std::ranges::sort(changes, {}, &model::ValueChange::path);
    return changes;
}

std::string hooks_of(const Json& root) {
    std::string documents;
    for (const auto& hook : member(root, "hooks")) {
        documents += "---\n" + text(hook, "manifest") + "\n";
    }
    return documents;
}

}  // namespace

base::Result<Release> decode_release(std::string_view payload) {
    TRY_ASSIGN(const auto packed, base::base64_decode(payload));
    TRY_ASSIGN(const auto json, base::gunzip(packed, release_limit));
    return decode_rendering(json);
}

base::Result<Release> decode_rendering(std::string_view json) {
    try {
        const Json root = Json::parse(json);
        const Json& metadata = member(member(root, "chart"), "metadata");
        Release release;
        const auto version = root.is_object() ? root.find("version") : root.end();
        if (!root.is_object() || version == root.end() || !version->is_number_integer()) {
            return base::fail(ErrorCode::protocol, "helm's release record has no version");
        }
        release.revision = {.revision = version->get<int>(),
                            .status = base::printable(text(member(root, "info"), "status")),
                            .chart = base::printable(text(metadata, "name") + "-" + text(metadata, "version")),
                            .app_version = base::printable(text(metadata, "appVersion"))};
        release.manifest = text(root, "manifest");
        const Json& config = member(root, "config");
        release.values = config.is_null() ? "{}" : config.dump();
        release.apply_method = text(root, "apply_method");
        release.hooks = hooks_of(root);
        const Json& defaults = member(member(root, "chart"), "values");
        release.chart_values = defaults.is_object() ? defaults.dump() : "{}";
        release.chart_home = base::printable(text(metadata, "home"));
        return release;
    } catch (const Json::exception& error) {
        return base::fail(ErrorCode::protocol, "cannot make sense of helm's release record");
    }
}

base::Result<std::string> mark_interrupted(std::string_view payload) {
    TRY_ASSIGN(const auto packed, base::base64_decode(payload));
    TRY_ASSIGN(const auto json, base::gunzip(packed, release_limit));
    try {
        Json root = Json::parse(json);
        root.at("info").at("status") = "failed";
        root.at("info")["description"] = "interrupted: marked as failed by etcd-deploy";
        TRY_ASSIGN(const auto repacked, base::gzip(root.dump()));
        return base::base64_encode(repacked);
    } catch (const Json::exception& error) {
        return base::fail(ErrorCode::protocol, "cannot make sense of helm's release record");
    }
}

std::string values_hash(std::string_view values) {
    Leaves leaves;
    flatten(Json::parse(values, nullptr, false), "", false, leaves, 0);
    std::string text;
    for (const auto& [path, leaf] : leaves) {
        text += path + "=" + (leaf.secret ? "***" : leaf.value) + "\n";
    }
    return sys::sha256(text);
}

base::Result<std::vector<model::ValueChange>> diff_values(std::string_view before, std::string_view after) {
    try {
        Leaves old_leaves;
        Leaves new_leaves;
        flatten(Json::parse(before), "", false, old_leaves, 0);
        flatten(Json::parse(after), "", false, new_leaves, 0);
        old_leaves.erase("");
        new_leaves.erase("");
        return diff(old_leaves, new_leaves);
    } catch (const Json::exception& error) {
        return base::fail(ErrorCode::protocol, "cannot make sense of the release's values");
    }
}

}  // namespace helm
