// Real etcd processes on the loopback, each version a binary that the environment names
// (tests/contract/run.sh sets it); their data live and die with the object.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "etcd/member.hpp"
#include "sys/http.hpp"
#include "sys/temporary_folder.hpp"

namespace contract {

// The versions that there are binaries for: "3.4" to "3.7".
[[nodiscard]] const std::vector<std::string>& versions();
[[nodiscard]] bool at_least(const std::string& version, const std::string& other);

// The text of a certificate or key that run.sh has made: "ca.crt".
[[nodiscard]] std::string certificate(const std::string& name);

[[nodiscard]] etcd::Scope within(std::chrono::milliseconds time);

struct ClusterOptions {
    std::string version;
    std::size_t size = 1;
    std::string server = {};      // certificate and key to show: "server"; empty: no TLS
    std::string clients_ca = {};  // "ca": clients must show a certificate of it
    std::vector<std::string> arguments = {};
};

class Cluster {
public:
    // Running when this returns. Throws when a member dies or does not begin in time.
    explicit Cluster(ClusterOptions options);
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;
    ~Cluster() = default;

    [[nodiscard]] sys::Http& http() { return *http_; }
    // Where a member is; with TLS as somebody who knows all that is needed.
    [[nodiscard]] etcd::Endpoint endpoint(std::size_t index = 0) const;
    // The member, for somebody without a login (null) or with one.
    [[nodiscard]] etcd::Member member(std::size_t index = 0, std::shared_ptr<etcd::Login> login = nullptr);
    // POST by somebody without a login; the answer has to have this status.
    std::string post(const std::string& path, const std::string& json, int status = 200);

    void kill(std::size_t index);   // SIGTERM, and waits until it has ended
    void start(std::size_t index);  // on its old data, and waits until it answers
    // What a member has printed so far.
    [[nodiscard]] std::string log(std::size_t index = 0) const;

private:
    struct Process {
        std::uint16_t client_port = 0;
        std::uint16_t peer_port = 0;
        std::shared_ptr<struct Output> output;
        std::jthread thread;  // last: it ends first
    };
    void launch(std::size_t index);
    void wait_until_it_answers(std::size_t index);

    ClusterOptions options_;
    sys::TemporaryFolder folder_;
    std::unique_ptr<sys::Http> http_;
    std::vector<Process> processes_;
};

// Calls `holds` until it is true; false after this time.
template <typename Condition>
[[nodiscard]] bool eventually(Condition holds, std::chrono::seconds longest = std::chrono::seconds(30)) {
    const auto end = std::chrono::steady_clock::now() + longest;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace contract
