#include "contract/etcd_cluster.hpp"

#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace contract {

struct Output {
    mutable std::mutex mutex;
    std::string text;                // guarded by mutex
    std::optional<std::string> end;  // guarded by mutex: how the process ended
    [[nodiscard]] std::optional<std::string> ended() const {
        const std::scoped_lock lock(mutex);
        return end ? std::optional(*end + "\n" + text) : std::nullopt;
    }
};

namespace {

// "3.4" -> "ETCD_3_4"
std::string variable_of(const std::string& version) {
    return "ETCD_" + base::replace_all(version, ".", "_");
}

std::string folder_of_certificates() {
    return sys::environment("ETCD_CERTIFICATES").value_or(".") + "/";
}

// Nobody listens there now. Somebody else might take it before etcd does; then the test says so.
std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(socket, generic, length) == 0 && ::getsockname(socket, generic, &length) == 0;
    ::close(socket);
    if (!bound) {
        throw std::runtime_error("no free port on the loopback");
    }
    return ntohs(address.sin_port);
}

std::string url(const std::string& scheme, std::uint16_t port) {
    return scheme + "://127.0.0.1:" + std::to_string(port);
}

}  // namespace

const std::vector<std::string>& versions() {
    static const auto all = [] {
        std::vector<std::string> found;
        for (const std::string version : {"3.4", "3.5", "3.6", "3.7"}) {
            if (sys::environment(variable_of(version))) {
                found.push_back(version);
            }
        }
        return found;
    }();
    return all;
}

bool at_least(const std::string& version, const std::string& other) {
    return version >= other;  // all have one digit behind the dot
}

std::string certificate(const std::string& name) {
    return sys::read_file(folder_of_certificates() + name).value();
}

etcd::Scope within(std::chrono::milliseconds time) {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + time};
}

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)),
      folder_(sys::TemporaryFolder::create("etcd-contract").value()),
      http_(sys::make_http()),
      processes_(options_.size) {
    for (auto& process : processes_) {
        process.client_port = free_port();
        process.peer_port = free_port();
    }
    for (std::size_t index = 0; index < options_.size; ++index) {
        launch(index);
    }
    for (std::size_t index = 0; index < options_.size; ++index) {
        wait_until_it_answers(index);
    }
}

etcd::Endpoint Cluster::endpoint(std::size_t index) const {
    const bool tls = !options_.server.empty();
    etcd::Endpoint endpoint{.url = url(tls ? "https" : "http", processes_.at(index).client_port),
                            .unix_socket = {},
                            .tls = nullptr,
                            .trouble = {}};
    if (tls) {
        sys::Tls known{.ca = certificate("ca.crt")};
        if (!options_.clients_ca.empty()) {
            known.certificate = certificate("client.crt");
            known.key = certificate("client.key");
        }
        endpoint.tls = std::make_shared<const sys::Tls>(std::move(known));
    }
    return endpoint;
}

etcd::Member Cluster::member(std::size_t index, std::shared_ptr<etcd::Login> login) {
    return {*http_, endpoint(index), std::move(login)};
}

std::string Cluster::post(const std::string& path, const std::string& json, int status) {
    const auto answer = member().post(path, json, within(std::chrono::seconds(10)));
    if (!answer || answer->status != status) {
        throw std::runtime_error(
            path + ": " + (answer ? std::to_string(answer->status) + " " + answer->body : answer.error().text()));
    }
    return answer->body;
}

void Cluster::launch(std::size_t index) {
    auto& process = processes_[index];
    std::string all;
    for (std::size_t other = 0; other < processes_.size(); ++other) {
        all += (other == 0 ? "" : ",") + ("member-" + std::to_string(other)) + "=" +
               url("http", processes_[other].peer_port);
    }
    const auto client_url = url(options_.server.empty() ? "http" : "https", process.client_port);
    const auto peer_url = url("http", process.peer_port);
    sys::Command command{
        .argv = {sys::environment(variable_of(options_.version)).value(), "--name=member-" + std::to_string(index),
                 "--data-dir=" + folder_.path() + "/" + std::to_string(index), "--listen-client-urls=" + client_url,
                 "--advertise-client-urls=" + client_url, "--listen-peer-urls=" + peer_url,
                 "--initial-advertise-peer-urls=" + peer_url, "--initial-cluster=" + all, "--heartbeat-interval=50",
                 "--election-timeout=500"},
        .environment = {},
        .on_line = {},
        .grace = std::chrono::seconds(10)};
    const auto add = [&command](std::vector<std::string> arguments) {
        command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    };
    if (options_.version == "3.4") {
        add({"--logger=zap"});  // the default from 3.5 on
    }
    if (!options_.server.empty()) {
        const auto folder = folder_of_certificates();
        add({"--cert-file=" + folder + options_.server + ".crt", "--key-file=" + folder + options_.server + ".key"});
        if (!options_.clients_ca.empty()) {
            add({"--client-cert-auth", "--trusted-ca-file=" + folder + options_.clients_ca + ".crt"});
        }
    }
    add(options_.arguments);
    process.output = std::make_shared<Output>();
    command.on_line = [output = process.output](sys::Stream /*stream*/, std::string_view line) {
        const std::scoped_lock lock(output->mutex);
        output->text += std::string(line) + "\n";
    };
    // The process dies with its thread, and the thread with this object.
    process.thread = std::jthread([command, output = process.output](const std::stop_token& stop) {
        const auto result = sys::RealProcessRunner().run(command, stop, sys::Deadline::max());
        const std::scoped_lock lock(output->mutex);
        output->end = result ? "exit code " + std::to_string(result->exit_code) : result.error().text();
    });
}

void Cluster::wait_until_it_answers(std::size_t index) {
    const auto answers = [&] {
        if (const auto end = processes_[index].output->ended()) {
            throw std::runtime_error("etcd " + options_.version + " has ended: " + *end);
        }
        // Whatever the answer is: with authentication on, or an untrusted certificate, it is a refusal.
        auto known = endpoint(index);
        if (known.tls) {
            auto blind = *known.tls;
            blind.verify = false;
            known.tls = std::make_shared<const sys::Tls>(std::move(blind));
        }
        const auto answer = http_->send(
            {.url = known.url + "/health", .headers = {}, .body = {}, .tls = known.tls, .proxy = {}, .unix_socket = {}},
            {}, std::chrono::steady_clock::now() + std::chrono::seconds(2));
        return answer && answer->status == 200;
    };
    if (!eventually(answers)) {
        throw std::runtime_error("etcd " + options_.version + " does not begin: " + log(index));
    }
}

void Cluster::kill(std::size_t index) {
    processes_.at(index).thread = std::jthread();  // asks it to stop, and joins
}

void Cluster::start(std::size_t index) {
    launch(index);
    wait_until_it_answers(index);
}

std::string Cluster::log(std::size_t index) const {
    const auto& output = *processes_.at(index).output;
    const std::scoped_lock lock(output.mutex);
    return output.text;
}

}  // namespace contract
