#include "kube/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "base/text.hpp"
#include "kube/json.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::size_t longest_manifest = std::size_t{2} << 20U;
constexpr std::size_t most_objects = 1000;
constexpr std::size_t deepest = 64;

// One document as JSON. Throws json::Malformed.
class Builder final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override { add(nullptr); }
    void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {
        throw json::Malformed("it has an alias");
    }
    void OnScalar(const YAML::Mark& /*mark*/, const std::string& tag, YAML::anchor_t /*anchor*/,
                  const std::string& value) override {
        const bool is_null = tag != "!" && (value == "~" || value == "null");
        if (is_null) {
            add(nullptr);
        } else {
            add(value);
        }
    }
    void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value /*style*/) override {
        open(json::Value::array());
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value /*style*/) override {
        open(json::Value::object());
    }
    void OnMapEnd() override { close(); }

    [[nodiscard]] const json::Value& root() const { return root_; }

private:
    struct Open {
        json::Value value;
        std::optional<std::string> key;  // of a mapping, when its value is next
    };

    void open(json::Value collection) {
        if (open_.size() >= deepest) {
            throw json::Malformed("it is nested too deeply");
        }
        open_.push_back({.value = std::move(collection), .key = {}});
    }
    void close() {
        auto done = std::move(open_.back().value);
        open_.pop_back();
        add(std::move(done));
    }
    void add(json::Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return;
        }
        auto& around = open_.back();
        if (around.value.is_array()) {
            around.value.push_back(std::move(value));
        } else if (around.key) {
            around.value[*std::exchange(around.key, std::nullopt)] = std::move(value);
        } else if (value.is_string()) {
            around.key = value.get<std::string>();
        } else {
            throw json::Malformed("it has a key that is no text");
        }
    }

    std::vector<Open> open_;
    json::Value root_;
};

// At lines that begin with "---": that is a document's beginning wherever it stands.
// https://yaml.org/spec/1.2.2/#912-document-markers
std::vector<std::string_view> documents(std::string_view manifest) {
    constexpr std::string_view marker = "---";
    std::vector<std::string_view> all;
    std::size_t begin = 0;
    for (std::size_t line = 0; line < manifest.size();) {
        const auto end = std::min(manifest.find('\n', line), manifest.size() - 1) + 1;
        const auto text = manifest.substr(line, end - line);
        if (text.starts_with(marker) &&
            (text.size() == marker.size() || std::string_view(" \t\r\n").contains(text[marker.size()]))) {
            all.push_back(manifest.substr(begin, line - begin));
            begin = line;
        }
        line = end;
    }
    all.push_back(manifest.substr(begin));
    return all;
}

std::optional<int> number_of(const std::string& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    return is_number ? std::optional(number) : std::nullopt;
}

// Nothing when there is no content in it.
std::optional<ManifestObject> read_document(std::string_view text) {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    if (!parser.HandleNextDocument(builder) || builder.root().is_null()) {
        return std::nullopt;
    }
    const auto& root = builder.root();
    if (!root.is_object()) {
        throw json::Malformed("it is no mapping");
    }
    const auto& metadata = json::object(root, "metadata");
    return ManifestObject{.api_version = json::required_text(root, "apiVersion"),
                          .kind = json::required_text(root, "kind"),
                          .name = json::required_text(metadata, "name"),
                          .namespace_name = json::text(metadata, "namespace"),
                          .replicas = number_of(json::text(json::object(root, "spec"), "replicas")),
                          .yaml = std::string(text),
                          .json = root.dump(-1, ' ', false, json::Value::error_handler_t::replace)};
}

}  // namespace

base::Result<std::vector<ManifestObject>> read_manifest(std::string_view manifest) {
    if (manifest.size() > longest_manifest) {
        return base::fail(ErrorCode::helm_failed, "the chart renders more than 2 MiB of objects");
    }
    std::vector<ManifestObject> objects;
    std::size_t number = 0;
    for (const auto& text : documents(manifest)) {
        ++number;
        try {
            if (auto object = read_document(text)) {
                objects.push_back(std::move(*object));
            }
        } catch (const std::exception& exception) {
            return base::fail(ErrorCode::helm_failed,
                              "document " + std::to_string(number) +
                                  " of what the chart renders is no object of Kubernetes: " +
                                  base::shorten(base::printable(exception.what()), 200),
                              "correct the chart's template, or the values that it is made of");
        }
        if (objects.size() > most_objects) {
            return base::fail(ErrorCode::helm_failed, "the chart renders more than 1000 objects");
        }
    }
    return objects;
}

}  // namespace kube
