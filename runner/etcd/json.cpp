#include "etcd/json.hpp"

#include <charconv>

namespace etcd::json {
namespace {

constexpr int deepest = 32;

}  // namespace

Value parse(std::string_view text) {
    const auto limit_depth = [](int depth, Value::parse_event_t /*event*/, Value& /*value*/) {
        if (depth > deepest) {
            throw Malformed("nested too deeply");
        }
        return true;
    };
    auto value = Value::parse(text, limit_depth);
    if (!value.is_object()) {
        throw Malformed("no JSON object");
    }
    return value;
}

const Value* find(const Value& object, const char* key) {
    if (!object.is_object()) {
        throw Malformed(std::string("no object around ") + key);
    }
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::uint64_t number(const Value& object, const char* key) {
    const Value* value = find(object, key);
    if (value == nullptr) {
        return 0;
    }
    if (value->is_number_unsigned()) {
        return value->get<std::uint64_t>();
    }
    if (value->is_string()) {
        const auto& text = value->get_ref<const std::string&>();
        std::uint64_t parsed = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
        if (error == std::errc() && end == text.data() + text.size()) {
            return parsed;
        }
    }
    throw Malformed(std::string(key) + " is no unsigned number");
}

std::string text(const Value& object, const char* key) {
    const Value* value = find(object, key);
    if (value == nullptr) {
        return {};
    }
    if (!value->is_string()) {
        throw Malformed(std::string(key) + " is no text");
    }
    return base::shorten(base::printable(value->get<std::string>()), message_limit);
}

std::vector<std::string> texts(const Value& object, const char* key) {
    std::vector<std::string> found;
    for_each(object, key, [&](const Value& item) {
        if (!item.is_string()) {
            throw Malformed(std::string(key) + " holds something else than text");
        }
        found.push_back(base::shorten(base::printable(item.get<std::string>()), message_limit));
    });
    return found;
}

bool flag(const Value& object, const char* key) {
    const Value* value = find(object, key);
    if (value != nullptr && !value->is_boolean()) {
        throw Malformed(std::string(key) + " is neither true nor false");
    }
    return value != nullptr && value->get<bool>();
}

const Value& header_of(const Value& root) {
    const Value* header = find(root, "header");
    if (header == nullptr) {
        throw Malformed("no header");
    }
    return *header;
}

int error_code_of(std::string_view body) {
    const auto code = decoded("error", [&] { return number(parse(body), "code"); });
    return code && *code < 1000 ? static_cast<int>(*code) : 0;
}

}  // namespace etcd::json
