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
    {
        const std::scoped_lock lock(mutex_);
        if (token_ != refused) {
            return {};
        }
    }
    // Not under the lock: a member asks a quorum before it lets somebody in, and one that has lost the others would
    // hold up who asks any other. Two logins at once do no harm.
    std::string body;
    try {
        body = nlohmann::json({{"name", user_}, {"password", password_}}).dump();
    } catch (const std::exception&) {
        return base::fail(ErrorCode::unauthorized, "etcd's password for " + base::printable(user_) + " is no UTF-8");
    }
    TRY_ASSIGN(const auto answer, member("/v3/auth/authenticate", body));
    const auto said = [&answer] { return decode_error(answer.status, answer.body); };
    if (is_refused_login(answer)) {
        return base::fail(ErrorCode::unauthorized,
                          "etcd does not let user " + base::printable(user_) + " in: " + said(),
                          "see that the Secret or the input with the password holds the one that etcd knows");
    }
    if (answer.status != 200) {
        return base::fail(ErrorCode::unreachable, "etcd answers no login now: " + said());
    }
    TRY_ASSIGN(auto token, decode_token(answer.body));
    if (keep_secret_) {
        keep_secret_(token);  // etcd writes tokens that it does not know into its log
    }
    const std::scoped_lock lock(mutex_);
    token_ = std::move(token);
    return {};
}

base::Error Member::explained(base::Error error) const {
    const auto says = [&](std::string_view words) { return error.message.contains(words); };
    if (says("alert")) {
        return error;  // etcd's own word, in TLS: nobody knows better
    }
    bool is_closed = error.code == ErrorCode::unreachable && says("was lost");
    // A deadline that passes is the member's, unless the way to it has never opened.
    if (auto trouble = endpoint_.trouble ? endpoint_.trouble() : std::nullopt;
        trouble && (error.code == ErrorCode::unreachable ||
                    (error.code == ErrorCode::timed_out && trouble->code == ErrorCode::timed_out))) {
        is_closed = trouble->code == ErrorCode::refused;
        error = std::move(*trouble);
    }
    // TLS 1.3 tells a client that its certificate is refused only after the handshake, and the
    // connection may be gone before that is read.
    if (is_closed && endpoint_.tls && error.hint.empty()) {
        const bool shows_one = !endpoint_.tls->certificate.empty();
        error.hint = shows_one ? "etcd may not accept our client certificate (mutual TLS)"
                               : "etcd may want a client certificate (mutual TLS), and none is known";
        if (shows_one && certificate().empty()) {
            error.message = std::string(closed_on_our_certificate) + ": " + error.message;
        }
    }
    return error;
}

base::Result<sys::HttpResponse> Member::send(const std::string& method, const std::string& path,
                                             const std::string& body, const std::string& token, const Scope& scope,
                                             sys::Compression compression) const {
    sys::HttpRequest request{.method = method,
                             .url = endpoint_.url + path,
                             .headers = {{"Content-Type", "application/json"}},
                             .body = body,
                             .tls = endpoint_.tls,
                             .proxy = {},
                             .unix_socket = endpoint_.unix_socket,
                             .body_limit = longest_answer,
                             .certificate = sys::ServerCertificate::wanted,
                             .compression = compression};
    if (!token.empty()) {
        request.headers.emplace_back("Authorization", token);  // without "Bearer"
    }
    auto response = http_.send(request, scope.stop, scope.deadline);
    if (!response) {
        return std::unexpected(explained(std::move(response).error()));
    }
    if (!response->certificate.empty()) {
        const std::scoped_lock lock(shown_->mutex);
        shown_->certificate = response->certificate;
    }
    return response;
}

std::string Member::certificate() const {
    const std::scoped_lock lock(shown_->mutex);
    return shown_->certificate;
}

base::Result<sys::HttpResponse> Member::post(const std::string& path, const std::string& json,
                                             const Scope& scope) const {
    std::string token = login_ ? login_->token() : std::string();
    TRY_ASSIGN(auto response, send("POST", path, json, token, scope));
    if (!wants_login(response) || !login_) {
        return response;
    }
    if (!login_->has_password()) {
        return base::fail(ErrorCode::unauthorized, "etcd wants a login, and no password is known",
                          "give the input etcd-password, or let the pods name the Secret (ETCDCTL_PASSWORD)");
    }
    const Transport plain = [&](const std::string& where, const std::string& body) {
        return send("POST", where, body, {}, scope);
    };
    // Twice: a token that another member has just given may not have reached this one (it travels
    // through raft). One that this member gave itself is good here at once.
    constexpr int most_logins = 2;
    for (int logins = 0; logins < most_logins && wants_login(response); ++logins) {
        TRY(login_->renew(token, plain));
        token = login_->token();
        TRY_ASSIGN(response, send("POST", path, json, token, scope));
    }
    return response;
}

base::Result<std::string> Member::metrics(const Scope& scope) const {
    // 195 KB become 14, which come through three proxies; it costs etcd nothing to speak of.
    TRY_ASSIGN(auto response, send("GET", "/metrics", {}, {}, scope, sys::Compression::gzip));
    if (response.status != 200) {
        return base::fail(ErrorCode::protocol, "/metrics answers HTTP " + std::to_string(response.status));
    }
    return std::move(response.body);
}

Transport Member::transport(const Scope& scope) const {
    return [this, scope](const std::string& path, const std::string& json) { return post(path, json, scope); };
}

}  // namespace etcd
