// One member of etcd, asked through its JSON gateway; logs in when etcd wants that.
// Thread-safe: several members share one Login.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "etcd/gateway.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"

namespace etcd {

struct Scope {
    std::stop_token stop;
    sys::Deadline deadline;
};

// Where a member is.
struct Endpoint {
    std::string url;          // "https://etcd-0.etcd-headless.ns.svc.cluster.local:2379"
    std::string unix_socket;  // a tunnel's; empty: connect to the URL's host
    std::shared_ptr<const sys::Tls> tls;
    // Knows more about a lost connection than whoever lost it; may be empty.
    std::function<std::optional<base::Error>()> trouble;
};

// Who we are, and the token that this earned. A token is good for all members.
// https://etcd.io/docs/v3.6/op-guide/authentication/authentication/
class Login {
public:
    // `keep_secret` is told each token before it is used; may be empty.
    Login(std::string user, std::string password, std::function<void(const std::string&)> keep_secret = {})
        : user_(std::move(user)), password_(std::move(password)), keep_secret_(std::move(keep_secret)) {}
    [[nodiscard]] bool has_password() const { return !password_.empty(); }
    // Empty until somebody logged in.
    [[nodiscard]] std::string token() const;
    // Asks `member` for a token, unless another thread has got a newer one than `refused`
    // meanwhile. Errors: unauthorized (wrong password, naming the user), unreachable (it cannot answer
    // now, as without a leader), and those of ask.
    [[nodiscard]] base::Result<void> renew(const std::string& refused, const Transport& member);

private:
    std::string user_;
    std::string password_;
    std::function<void(const std::string&)> keep_secret_;
    mutable std::mutex mutex_;
    std::string token_;  // guarded by mutex_
};

class Member {
public:
    Member(sys::Http& http, Endpoint endpoint, std::shared_ptr<Login> login)
        : http_(http), endpoint_(std::move(endpoint)), login_(std::move(login)) {}

    // POST `json` to `path`; the answer may have any status. When etcd wants a login, or the
    // token has expired, logs in and asks again, twice at most. Errors: unreachable, timed_out, cancelled,
    // protocol, unauthorized.
    [[nodiscard]] base::Result<sys::HttpResponse> post(const std::string& path, const std::string& json,
                                                       const Scope& scope) const;
    // The text of GET /metrics.
    [[nodiscard]] base::Result<std::string> metrics(const Scope& scope) const;

    // PEM of the certificate that the member has shown in the newest handshake; empty: none yet.
    [[nodiscard]] std::string certificate() const;

    // The same as a Transport, for as long as this object lives.
    [[nodiscard]] Transport transport(const Scope& scope) const;

private:
    [[nodiscard]] base::Result<sys::HttpResponse> send(const std::string& method, const std::string& path,
                                                       const std::string& body, const std::string& token,
                                                       const Scope& scope,
                                                       sys::Compression compression = sys::Compression::none) const;

    // What is known beyond a request's own error: of the way, and of certificates.
    [[nodiscard]] base::Error explained(base::Error error) const;

    sys::Http& http_;
    Endpoint endpoint_;
    std::shared_ptr<Login> login_;  // may be null: then etcd must not want one
    struct Shown {
        std::mutex mutex;
        std::string certificate;  // guarded by mutex
    };
    std::shared_ptr<Shown> shown_ = std::make_shared<Shown>();
};

}  // namespace etcd
