#include "support/loopback_server.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <tuple>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.hpp"

namespace support {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

// Binds to a free port of the loopback address, and tells which it is.
std::uint16_t bind_somewhere(int socket) {
    auto address = loopback(0);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (socket < 0 || ::bind(socket, generic, size) != 0 || ::getsockname(socket, generic, &size) != 0) {
        throw std::runtime_error("cannot bind to 127.0.0.1");
    }
    return ntohs(address.sin_port);
}

int new_socket(int flags = 0) {
    return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

// What comes, byte for byte; nothing at the end.
class Reader {
public:
    explicit Reader(int socket) : socket_(socket) {}

    std::optional<std::string> until(std::string_view mark) {
        for (;;) {
            if (const auto end = buffer_.find(mark); end != std::string::npos) {
                return take(end + mark.size());
            }
            if (!fill()) {
                return std::nullopt;
            }
        }
    }
    std::optional<std::string> exactly(std::size_t count) {
        while (buffer_.size() < count) {
            if (!fill()) {
                return std::nullopt;
            }
        }
        return take(count);
    }

private:
    bool fill() {
        std::array<char, 16384> bytes{};
        const auto count = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (count > 0) {
            buffer_.append(bytes.data(), static_cast<std::size_t>(count));
        }
        return count > 0;
    }
    std::string take(std::size_t count) {
        auto taken = buffer_.substr(0, count);
        buffer_.erase(0, count);
        return taken;
    }

    int socket_;
    std::string buffer_;
};

std::optional<ReceivedRequest> read_request(Reader& reader) {
    const auto head = reader.until("\r\n\r\n");
    if (!head) {
        return std::nullopt;
    }
    const auto lines = base::nonempty_lines(*head);
    const auto words = base::split(lines.at(0), ' ');
    ReceivedRequest request{.method = words.at(0), .target = words.at(1), .headers = {}, .body = {}};
    for (const auto& line : lines) {
        if (const auto colon = line.find(':'); colon != std::string::npos && &line != &lines.front()) {
            request.headers[base::lower(line.substr(0, colon))] = base::trim(line.substr(colon + 1));
        }
    }
    if (const auto found = request.headers.find("content-length"); found != request.headers.end()) {
        std::size_t length = 0;
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), length);
        auto body = reader.exactly(length);
        if (!body) {
            return std::nullopt;
        }
        request.body = std::move(*body);
    }
    return request;
}

}  // namespace

void Answer::reply(int status, std::string_view body, const std::vector<std::pair<std::string, std::string>>& headers) {
    std::string text = "HTTP/1.1 " + std::to_string(status) + " Told\r\n";
    for (const auto& [name, value] : headers) {
        text += name + ": " + value + "\r\n";
    }
    if (status != 204) {
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    raw(text + "\r\n" + std::string(body));
}

bool Answer::raw(std::string_view bytes) {
    while (!bytes.empty() && !hung_up_by_client_) {
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) {
            hung_up_by_client_ = true;
        } else {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    return !hung_up_by_client_;
}

void Answer::wait_until_client_leaves() {
    std::array<char, 1024> ignored{};
    while (::recv(socket_, ignored.data(), ignored.size(), 0) > 0) {
    }
    hung_up_by_client_ = true;
}

LoopbackServer::LoopbackServer(Handler handler) : handler_(std::move(handler)), listener_(new_socket()) {
    port_ = bind_somewhere(listener_);
    if (::listen(listener_, SOMAXCONN) != 0) {
        throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    acceptor_ = std::jthread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
    {
        const std::scoped_lock lock(mutex_);
        closing_ = true;
        for (const auto& connection : connections_) {
            ::shutdown(connection.socket, SHUT_RDWR);
        }
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& connection : connections_) {
        connection.thread.join();
        ::close(connection.socket);
    }
    ::close(listener_);
}

void LoopbackServer::accept_all() {
    for (;;) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::scoped_lock lock(mutex_);
        if (socket < 0 || closing_) {
            ::close(socket);
            return;
        }
        connections_.push_back({socket, std::jthread([this, socket] { serve(socket); })});
    }
}

void LoopbackServer::serve(int socket) {
    Reader reader(socket);
    while (auto request = read_request(reader)) {
        {
            const std::scoped_lock lock(mutex_);
            received_.push_back(*request);
        }
        Answer answer(socket);
        handler_(*request, answer);
        if (answer.hung_up()) {
            break;
        }
    }
    // Closed by the destructor: until then nobody else can get its number.
    ::shutdown(socket, SHUT_RDWR);
}

std::string LoopbackServer::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

std::string LoopbackServer::url(std::string_view path) const {
    return "http://" + address() + std::string(path);
}

std::vector<ReceivedRequest> LoopbackServer::received() const {
    const std::scoped_lock lock(mutex_);
    return received_;
}

std::size_t LoopbackServer::connections() const {
    const std::scoped_lock lock(mutex_);
    return connections_.size();
}

DeadPort::DeadPort(Kind kind) {
    sockets_.push_back(new_socket());
    port_ = bind_somewhere(sockets_.front());  // bound without listening: refused
    if (kind == Kind::refuses) {
        return;
    }
    // A full queue of connections that nobody accepts: the kernel drops the next ones.
    ::listen(sockets_.front(), 0);
    for (int caller = 0; caller < 4; ++caller) {
        sockets_.push_back(new_socket(SOCK_NONBLOCK));
        const auto address = loopback(port_);
        std::ignore = ::connect(sockets_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    }
}

DeadPort::~DeadPort() {
    for (const int socket : sockets_) {
        ::close(socket);
    }
}

std::string DeadPort::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

}  // namespace support
