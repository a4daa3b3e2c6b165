#include "kube/credentials.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "kube/exec_plugin.hpp"
#include "sys/either_stop.hpp"
#include "sys/files.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::size_t token_limit = std::size_t{1} << 20U;
// A plugin may ask a cloud; nobody waits longer for one.
constexpr std::chrono::seconds plugin_limit{60};
// So long before its end a credential counts as expired: requests take their time.
constexpr std::chrono::seconds longest_margin{10};
constexpr int margin_share = 10;
// So long before its end the next one is begun: a plugin that takes all of its time is done before that margin.
constexpr std::chrono::seconds longest_ahead{90};
constexpr int ahead_share = 4;
// After a plugin that was begun ahead has failed.
constexpr std::chrono::seconds ahead_again{10};

bool has_static(const Connection& connection) {
    return !connection.token.empty() || !connection.token_file.empty() || !connection.username.empty();
}

}  // namespace

Credentials::Credentials(Connection connection, sys::Clock& clock, CredentialTools tools)
    : connection_(std::move(connection)), clock_(clock), tools_(std::move(tools)) {
    credential_.tls = connection_.tls;
    if (!connection_.token.empty()) {
        take_token(connection_.token);
    } else if (!connection_.username.empty()) {
        credential_.authorization = "Basic " + base::base64_encode(connection_.username + ":" + connection_.password);
    }
}

void Credentials::take_token(const std::string& token) {
    if (token == token_ || token.empty()) {
        return;
    }
    if (tools_.keep_secret) {
        tools_.keep_secret(token);
    }
    token_ = token;
    credential_.authorization = "Bearer " + token;
}

// As client-go: what was read last stays good when the file cannot be read for once.
void Credentials::read_token_file() {
    if (const auto text = sys::read_file(connection_.token_file, token_limit)) {
        take_token(base::trim(*text));
    }
}

bool Credentials::has_plugin() const {
    return connection_.plugin && !has_static(connection_);
}

bool Credentials::ends_within(std::chrono::seconds margin, int share_of_life) const {
    if (!expires_) {
        return false;
    }
    // Of a short life only a part, or a fresh one would count as expired.
    const auto life = std::max<std::chrono::system_clock::duration>(*expires_ - fetched_, {});
    return clock_.wall() >= *expires_ - std::min<std::chrono::system_clock::duration>(life / share_of_life, margin);
}

void Credentials::take(PluginCredential made) {
    if (made.key.empty()) {
        credential_.tls = connection_.tls;
    } else {
        if (tools_.keep_secret) {
            tools_.keep_secret(made.key);
        }
        // The same certificate once more is the same credential, and keeps the connection.
        if (made.key != credential_.tls->key || made.certificate != credential_.tls->certificate) {
            auto tls = std::make_shared<sys::Tls>(*connection_.tls);
            tls->certificate = std::move(made.certificate);
            tls->key = std::move(made.key);
            credential_.tls = std::move(tls);
        }
    }
    if (made.token.empty()) {
        token_.clear();
        credential_.authorization.clear();
    }
    take_token(made.token);
    expires_ = made.expires;
    fetched_ = clock_.wall();
    has_run_ = true;
}

void Credentials::begin_run() {
    is_running_ = true;
    failure_.reset();
    // The thread of the run before has let go of the mutex for good: it is joined at once.
    // A run that is stopped has to give back what it holds, and may need a credential for that.
    const auto stop = tools_.stop.stop_requested() ? std::stop_token() : tools_.stop;
    runner_ = std::jthread([this, stop, deadline = clock_.now() + plugin_limit](const std::stop_token& own) {
        const sys::EitherStop either(own, stop);
        auto made = run_plugin(connection_, *tools_.processes, {either.token(), deadline});
        const std::scoped_lock lock(mutex_);
        if (made) {
            take(std::move(*made));
        } else {
            failure_ = std::move(made).error();
            failed_at_ = clock_.now();
        }
        is_running_ = false;
        changed_.notify_all();
    });
}

base::Result<void> Credentials::await_run(Lock& lock, const Scope& scope) {
    if (tools_.processes == nullptr) {
        return base::fail(ErrorCode::bug, "a credential plugin, and nobody to run it");
    }
    if (!is_running_) {
        begin_run();
    }
    const auto left = std::min<std::chrono::nanoseconds>(scope.deadline - clock_.now(), 2 * plugin_limit);
    if (!changed_.wait_for(lock, scope.stop, left, [this] { return !is_running_; })) {
        return scope.stop.stop_requested()
                   ? base::fail(ErrorCode::cancelled, "cancelled")
                   : base::fail(ErrorCode::timed_out,
                                "the kubeconfig's credential plugin " +
                                    base::printable(base::shorten(connection_.plugin->command, 200)) + " does not end",
                                "see whether it waits for an answer of somebody, or run it by hand");
    }
    return failure_ ? base::Result<void>(std::unexpected(*failure_)) : base::Result<void>();
}

base::Result<Credential> Credentials::current(const Scope& scope) {
    Lock lock(mutex_);
    if (!connection_.token_file.empty()) {
        read_token_file();
    } else if (has_plugin() && (!has_run_ || ends_within(longest_margin, margin_share))) {
        TRY(await_run(lock, scope));
    } else if (has_plugin() && !is_running_ && ends_within(longest_ahead, ahead_share) &&
               (!failure_ || clock_.now() >= failed_at_ + ahead_again)) {
        begin_run();
    }
    return credential_;
}

base::Result<bool> Credentials::renew(const Credential& refused, const Scope& scope) {
    Lock lock(mutex_);
    if (credential_ == refused) {
        if (!connection_.token_file.empty()) {
            read_token_file();
        } else if (has_plugin()) {
            TRY(await_run(lock, scope));
        }
    }
    return credential_ != refused;
}

std::string Credentials::hint() const {
    const std::string wrong = " wrong or have expired";
    if (!connection_.token_file.empty()) {
        return "the credentials in " + base::printable(connection_.token_file) + " (a token) are" + wrong +
               ": whoever writes this file must renew it";
    }
    if (!connection_.token.empty()) {
        return "the credentials of the kubeconfig (a token) are" + wrong + ": kubectl create token makes a new one";
    }
    if (!connection_.username.empty()) {
        return "the credentials of the kubeconfig (user name and password) are" + wrong;
    }
    if (connection_.plugin) {
        return "the credentials that " + base::printable(base::shorten(connection_.plugin->command, 200)) +
               " gives are not accepted, freshly made ones neither: see whether it logs in to this cluster, and as a "
               "user that the cluster knows (kubectl auth whoami)";
    }
    if (connection_.tls && !connection_.tls->certificate.empty()) {
        return "the credentials of the kubeconfig (a client certificate) are" + wrong +
               ", or of another cluster: openssl x509 -noout -enddate -issuer shows the certificate's end and issuer";
    }
    return "the kubeconfig's user has no credentials: give a kubeconfig with a token (kubectl create token)";
}

}  // namespace kube
