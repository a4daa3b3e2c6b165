#include "kube/credentials.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "kube/exec_plugin.hpp"
#include "sys/files.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::size_t token_limit = std::size_t{1} << 20U;
// A plugin may ask a cloud; nobody waits longer for one.
constexpr std::chrono::seconds plugin_limit{60};
// So long before its end a credential counts as expired: requests take their time.
constexpr std::chrono::seconds longest_margin{10};

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

bool Credentials::has_expired() const {
    if (!expires_) {
        return false;
    }
    // Of a short life only a part, or a fresh one would count as expired.
    const auto life = std::max<std::chrono::system_clock::duration>(*expires_ - fetched_, {});
    const auto margin = std::min<std::chrono::system_clock::duration>(life / 10, longest_margin);
    return clock_.wall() >= *expires_ - margin;
}

base::Result<void> Credentials::run(const Scope& scope) {
    if (tools_.processes == nullptr) {
        return base::fail(ErrorCode::bug, "a credential plugin, and nobody to run it");
    }
    std::stop_source either;
    const auto request_stop = [&either] { either.request_stop(); };
    const std::stop_callback on_call(scope.stop, request_stop);
    const std::stop_callback on_run(tools_.stop, request_stop);
    const auto deadline = std::min(scope.deadline, clock_.now() + plugin_limit);
    TRY_ASSIGN(auto made, run_plugin(connection_, *tools_.processes, {either.get_token(), deadline}));
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
    return {};
}

base::Result<Credential> Credentials::current(const Scope& scope) {
    const std::scoped_lock lock(mutex_);
    if (!connection_.token_file.empty()) {
        read_token_file();
    } else if (connection_.plugin && !has_static(connection_) && (!has_run_ || has_expired())) {
        TRY(run(scope));
    }
    return credential_;
}

base::Result<bool> Credentials::renew(const Credential& refused, const Scope& scope) {
    const std::scoped_lock lock(mutex_);
    if (credential_ == refused) {
        if (!connection_.token_file.empty()) {
            read_token_file();
        } else if (connection_.plugin && !has_static(connection_)) {
            TRY(run(scope));
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
