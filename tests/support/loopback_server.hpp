// A real HTTP/1.1 server on 127.0.0.1, for tests of the real HTTP client. Each
// connection has a thread of its own, in which the handler runs; the handler may
// misbehave as real servers do: stall, hang up, talk nonsense.
//
//     support::LoopbackServer server([](const auto& request, auto& answer) {
//         answer.reply(200, request.body);
//     });
//     http->send({.url = server.url("/version")}, …);
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace support {

struct ReceivedRequest {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

// The way back to whoever asked. Lives as long as the handler's call.
class Answer {
public:
    explicit Answer(int socket) : socket_(socket) {}

    // A whole answer; the connection can be used again.
    void reply(int status, std::string_view body = {},
               const std::vector<std::pair<std::string, std::string>>& headers = {});
    // Bytes as they are; false when the other side is gone.
    bool raw(std::string_view bytes);
    // Ends the connection after this answer.
    void hang_up() { hang_up_ = true; }
    // Blocks until the other side has closed the connection (or the server is destroyed).
    void wait_until_client_leaves();

    [[nodiscard]] bool hung_up() const { return hung_up_by_client_ || hang_up_; }

private:
    int socket_;
    bool hang_up_ = false;
    bool hung_up_by_client_ = false;
};

class LoopbackServer {
public:
    using Handler = std::function<void(const ReceivedRequest&, Answer&)>;

    // Listens when this returns. The handler is called by several threads at once.
    explicit LoopbackServer(Handler handler);
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;
    ~LoopbackServer();  // closes every connection and waits for the handlers

    [[nodiscard]] std::string address() const;  // "127.0.0.1:port"
    [[nodiscard]] std::string url(std::string_view path) const;
    // Of the requests and connections so far.
    [[nodiscard]] std::vector<ReceivedRequest> received() const;
    [[nodiscard]] std::size_t connections() const;

private:
    struct Connection {
        int socket;
        std::jthread thread;
    };

    void accept_all();
    void serve(int socket);

    Handler handler_;
    int listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    bool closing_ = false;
    std::vector<ReceivedRequest> received_;
    std::list<Connection> connections_;
    std::jthread acceptor_;
};

// A port of 127.0.0.1 that refuses connections: nobody listens, and nobody can begin to
// as long as this object lives. Or one that lets whoever knocks wait for ever.
class DeadPort {
public:
    enum class Kind { refuses, never_answers };
    explicit DeadPort(Kind kind);
    DeadPort(const DeadPort&) = delete;
    DeadPort& operator=(const DeadPort&) = delete;
    ~DeadPort();
    [[nodiscard]] std::string address() const;

private:
    std::vector<int> sockets_;
    std::uint16_t port_ = 0;
};

}  // namespace support
