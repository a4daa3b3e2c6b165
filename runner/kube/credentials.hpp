// What requests are authenticated with, and how that is renewed. One object for all threads
// of a run: five watches, the calls and the port-forwards share one credential.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.hpp"
#include "kube/kubeconfig.hpp"
#include "model/kubernetes.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"
#include "sys/process.hpp"

namespace kube {

struct PluginCredential;

struct Scope {
    std::stop_token stop;
    sys::Deadline deadline;
};

// Of one request. Secret.
struct Credential {
    std::string authorization;            // value of the header; empty: none
    std::shared_ptr<const sys::Tls> tls;  // with the client's certificate, if any
    friend bool operator==(const Credential&, const Credential&) = default;
};

// What renewing needs besides a Connection.
struct CredentialTools {
    sys::ProcessRunner* processes = nullptr;            // runs the plugin; may be null when there is none
    std::function<void(std::string_view)> keep_secret;  // hears of every new secret before it is used; thread-safe
    std::stop_token stop;                               // the run's, besides each call's own
};

// Thread-safe. Each renewal happens once, in a thread of its own: who needs it waits for it as long as his own
// scope allows, and it goes on when he has given up.
class Credentials {
public:
    Credentials(Connection connection, sys::Clock& clock, CredentialTools tools);
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;
    ~Credentials() = default;  // ends the plugin, and waits for that

    // The one to use now. A token file is read again (bound service account tokens are
    // replaced in place), a plugin is run when it has to be: the first time, and when what it gave
    // expires. Well before that one is begun ahead, and nobody waits for it. Errors: those of
    // run_plugin, and timed_out when it is still at work at the scope's end.
    [[nodiscard]] base::Result<Credential> current(const Scope& scope);

    // The server answered 401 to `refused`: gets another one, unless another thread has got
    // one meanwhile. False: there is no other. Errors: as those of current.
    [[nodiscard]] base::Result<bool> renew(const Credential& refused, const Scope& scope);

    // What to do about credentials that are not accepted.
    [[nodiscard]] std::string hint() const;

private:
    using Lock = std::unique_lock<std::mutex>;

    [[nodiscard]] bool has_plugin() const;
    // What follows is for who holds the mutex.
    [[nodiscard]] bool ends_within(std::chrono::seconds margin, int share_of_life) const;
    void begin_run();
    [[nodiscard]] base::Result<void> await_run(Lock& lock, const Scope& scope);
    void take(PluginCredential made);
    void read_token_file();
    void take_token(const std::string& token);

    const Connection connection_;
    sys::Clock& clock_;
    CredentialTools tools_;
    std::mutex mutex_;  // guards all that follows
    std::condition_variable_any changed_;
    Credential credential_;
    std::string token_;  // what credential_ was made of
    bool has_run_ = false;
    std::chrono::system_clock::time_point fetched_;
    std::optional<model::Timestamp> expires_;
    bool is_running_ = false;
    std::optional<base::Error> failure_;  // of the last run
    std::chrono::steady_clock::time_point failed_at_;
    std::jthread runner_;  // last: it ends before what it works on
};

}  // namespace kube
