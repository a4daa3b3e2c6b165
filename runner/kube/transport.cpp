#include "kube/transport.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "kube/decode.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::chrono::seconds call_limit{30};

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

sys::HttpRequest accepting(const char* media_type, sys::HttpRequest request) {
    request.headers.front().second = media_type;  // as request_to makes it
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

bool is_success(int status) {
    return status >= 200 && status < 300;
}

base::Result<sys::HttpResponse> ask(sys::Http& http, sys::Clock& clock, const sys::HttpRequest& request,
                                    const std::string& what, const Scope& scope) {
    return ask_until(http, clock, request, what, scope,
                     [](const sys::HttpResponse& response) { return is_success(response.status); });
}

base::Result<sys::HttpResponse> ask_until(sys::Http& http, sys::Clock& clock, const sys::HttpRequest& request,
                                          const std::string& what, const Scope& scope,
                                          const std::function<bool(const sys::HttpResponse&)>& counts) {
    Backoff backoff;
    for (;;) {
        const auto limit = std::min(scope.deadline, clock.now() + call_limit);
        auto response = http.send(request, scope.stop, limit);
        if (response && counts(*response)) {
            return response;
        }
        const bool may_pass =
            response ? is_passing(response->status)
                     : response.error().code == ErrorCode::unreachable || response.error().code == ErrorCode::timed_out;
        const auto asked = response ? retry_after(*response) : std::chrono::milliseconds(0);
        auto error = response ? to_error(*response, what) : base::in_context(std::move(response).error(), what);
        const auto again = clock.now() + std::max(backoff.next(), asked);
        if (!may_pass || again >= scope.deadline) {
            return std::unexpected(std::move(error));
        }
        if (clock.sleep_until(again, scope.stop)) {
            return std::unexpected(base::in_context(
                {.code = ErrorCode::cancelled, .message = "cancelled", .context = {}, .hint = {}, .command = {}},
                what));
        }
    }
}

base::Result<sys::HttpResponse> ask_once(sys::Http& http, const sys::HttpRequest& request, const std::string& what,
                                         const Scope& scope) {
    auto response = http.send(request, scope.stop, scope.deadline);
    if (!response) {
        return std::unexpected(base::in_context(std::move(response).error(), what));
    }
    if (!is_success(response->status)) {
        return std::unexpected(to_error(*response, what));
    }
    return response;
}

sys::HttpRequest with_body(sys::HttpRequest request, const char* media_type, std::string body) {
    request.headers.emplace_back("Content-Type", media_type);
    request.body = std::move(body);
    return request;
}

nlohmann::json delete_options(const std::string& uid, const std::string& resource_version) {
    nlohmann::json options{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", {{"uid", uid}}}};
    if (!resource_version.empty()) {
        options["preconditions"]["resourceVersion"] = resource_version;
    }
    return options;
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
