#include "etcd/member.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace etcd {
namespace {

using base::ErrorCode;

// Status, lists and metrics are far smaller (metrics: 200 kB).
constexpr std::size_t longest_answer = std::size_t{8} << 20U;

}  // namespace

std::string Login::token() const {
    const std::scoped_lock lock(mutex_);
    return token_;
}

base::Result<void> Login::renew(const std::string& refused, const Transport& member) {
    const std::scoped_lock lock(mutex_);
    if (token_ != refused) {
        return {};
    }
    std::string body;
    try {
        body = nlohmann::json({{"name", user_}, {"password", password_}}).dump();
    } catch (const std::exception&) {
        return base::fail(ErrorCode::unauthorized, "etcd's password for " + base::printable(user_) + " is no UTF-8");
    }
    TRY_ASSIGN(const auto answer, member("/v3/auth/authenticate", body));
    if (answer.status != 200) {
        return base::fail(
            ErrorCode::unauthorized,
            "etcd does not let user " + base::printable(user_) + " in: " + decode_error(answer.status, answer.body),
            "see that the Secret or the input with the password holds the one that etcd knows");
    }
    TRY_ASSIGN(token_, decode_token(answer.body));
    return {};
}

base::Result<sys::HttpResponse> Member::send(const std::string& method, const std::string& path,
                                             const std::string& body, const std::string& token,
                                             const Scope& scope) const {
    sys::HttpRequest request{.method = method,
                             .url = endpoint_.url + path,
                             .headers = {{"Content-Type", "application/json"}},
                             .body = body,
                             .tls = endpoint_.tls,
                             .proxy = {},
                             .unix_socket = endpoint_.unix_socket,
                             .body_limit = longest_answer};
    if (!token.empty()) {
        request.headers.emplace_back("Authorization", token);  // without "Bearer"
    }
    auto response = http_.send(request, scope.stop, scope.deadline);
    if (!response && response.error().code == ErrorCode::unreachable && endpoint_.trouble) {
        if (auto trouble = endpoint_.trouble()) {
            return std::unexpected(std::move(*trouble));
        }
    }
    // TLS 1.3 tells a client that its certificate is refused only after the handshake, and the
    // connection may be gone before that is read.
    if (!response && response.error().code == ErrorCode::unreachable && endpoint_.tls &&
        response.error().message.contains("was lost") && response.error().hint.empty()) {
        response.error().hint = endpoint_.tls->certificate.empty()
                                    ? "etcd may want a client certificate (mutual TLS), and none is known"
                                    : "etcd may not accept our client certificate (mutual TLS)";
    }
    return response;
}

base::Result<sys::HttpResponse> Member::post(const std::string& path, const std::string& json,
                                             const Scope& scope) const {
    const std::string token = login_ ? login_->token() : std::string();
    TRY_ASSIGN(auto response, send("POST", path, json, token, scope));
    if (!wants_login(response) || !login_) {
        return response;
    }
    if (!login_->has_password()) {
        return base::fail(ErrorCode::unauthorized, "etcd wants a login, and no password is known",
                          "give the input etcd-password, or let the pods name the Secret (ETCD_ROOT_PASSWORD)");
    }
    const Transport plain = [&](const std::string& where, const std::string& body) {
        return send("POST", where, body, {}, scope);
    };
    TRY(login_->renew(token, plain));
    return send("POST", path, json, login_->token(), scope);
}

base::Result<std::string> Member::metrics(const Scope& scope) const {
    TRY_ASSIGN(auto response, send("GET", "/metrics", {}, {}, scope));
    if (response.status != 200) {
        return base::fail(ErrorCode::protocol, "/metrics answers HTTP " + std::to_string(response.status));
    }
    return std::move(response.body);
}

Transport Member::transport(const Scope& scope) const {
    return [this, scope](const std::string& path, const std::string& json) { return post(path, json, scope); };
}

}  // namespace etcd
