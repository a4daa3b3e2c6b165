#include "kube/transport.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "kube/decode.hpp"

namespace kube {
namespace {

using base::ErrorCode;

std::string api_message(const sys::HttpResponse& response) {
    const auto status = decode_status(response.body);
    const std::string text = status.message.empty() ? response.body : status.message;
    return base::shorten(base::replace_all(base::printable(base::trim(text)), "\n", " "), 400);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (const char character : text) {
        if (unreserved.contains(character)) {
            encoded += character;
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        encoded += '%';
        encoded += digits[byte >> 4U];
        encoded += digits[byte & 0xFU];
    }
    return encoded;
}

std::string collection_path(Kind kind, const std::string& namespace_name) {
    const std::string in_namespace = "/namespaces/" + percent_encoded(namespace_name) + "/";
    switch (kind) {
        case Kind::stateful_set: return "/apis/apps/v1" + in_namespace + "statefulsets";
        case Kind::pod: return "/api/v1" + in_namespace + "pods";
        case Kind::persistent_volume_claim: return "/api/v1" + in_namespace + "persistentvolumeclaims";
        case Kind::job: return "/apis/batch/v1" + in_namespace + "jobs";
        case Kind::event: return "/api/v1" + in_namespace + "events";
    }
    return {};
}

sys::HttpRequest request_to(const Connection& connection, const std::string& method, const std::string& path) {
    sys::HttpRequest request;
    request.method = method;
    request.url = connection.server + path;
    request.tls = connection.tls;
    request.proxy = connection.proxy;
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("User-Agent", "etcd-deploy/" ETCD_DEPLOY_VERSION);
    return request;
}

bool is_passing(int status) {
    constexpr std::array passing{429, 500, 502, 503, 504};
    return std::ranges::find(passing, status) != passing.end();
}

std::chrono::milliseconds retry_after(const sys::HttpResponse& response) {
    constexpr int longest = 30;
    const auto found = response.headers.find("retry-after");
    if (found == response.headers.end()) {
        return {};
    }
    const std::string& text = found->second;
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return {};  // a date, or nonsense
    }
    return std::chrono::seconds(std::clamp(number, 0, longest));
}

base::Error to_error(const sys::HttpResponse& response, const std::string& what) {
    const std::string status = "HTTP " + std::to_string(response.status);
    base::Error error{
        .code = ErrorCode::protocol, .message = api_message(response), .context = {}, .hint = {}, .command = {}};
    const bool has_words = !error.message.empty();
    if (!has_words) {
        error.message = status;
    }
    if (!what.empty()) {
        error.context.push_back(what);
    }
    switch (response.status) {
        case 401:
            error.code = ErrorCode::unauthorized;
            error.hint = "the credentials of the kubeconfig are wrong or have expired";
            break;
        case 403:
            error.code = ErrorCode::forbidden;
            error.hint = "grant this to the kubeconfig's user; kubectl auth can-i --list shows what it may do";
            break;
        case 404: error.code = ErrorCode::not_found; break;
        case 409: error.code = ErrorCode::conflict; break;
        case 410: error.code = ErrorCode::gone; break;
        default:
            if (is_passing(response.status)) {
                error.code = ErrorCode::unreachable;
                error.hint = "the API server is in trouble: try again when it is well";
            }
            if (has_words) {
                error.message.insert(0, status + ": ");
            }
    }
    return error;
}

}  // namespace kube
