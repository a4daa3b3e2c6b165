// The only source file that includes Boost.Beast. libcurl makes the connection (proxy,
// TLS, names: as for every other request), Beast speaks WebSocket on it.
#include "sys/tunnel.hpp"

#include <array>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>
#include <tuple>

// GCC 12 sees null pointers in Boost.Asio where there are none, once it optimises.
#pragma GCC diagnostic ignored "-Wnull-dereference"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <unistd.h>

#include "base/text.hpp"
#include "sys/curl.hpp"
#include "sys/temporary_folder.hpp"

namespace sys {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using base::ErrorCode;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

constexpr std::size_t piece_size = std::size_t{32} << 10U;
// The kubelet sends pieces of 32 KiB; a server that sends far more means no good.
constexpr std::size_t longest_message = std::size_t{4} << 20U;
constexpr std::chrono::seconds handshake_limit{15};

// A connection that libcurl made, as a stream that Asio's algorithms understand.
class CurlStream {
public:
    using executor_type = asio::any_io_executor;

    CurlStream(const asio::any_io_executor& executor, curl::Connection connection)
        // A descriptor of our own for waiting: Asio closes what it is given.
        : connection_(std::move(connection)), waiter_(executor, ::dup(connection_.socket())) {}

    executor_type get_executor() { return waiter_.get_executor(); }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        const asio::mutable_buffer buffer =
            first<asio::mutable_buffer>(asio::buffer_sequence_begin(buffers), asio::buffer_sequence_end(buffers));
        return transfer(asio::posix::stream_descriptor::wait_read, std::forward<Token>(token),
                        [this, buffer] { return connection_.receive(buffer.data(), buffer.size()); });
    }

    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        const asio::const_buffer buffer =
            first<asio::const_buffer>(asio::buffer_sequence_begin(buffers), asio::buffer_sequence_end(buffers));
        return transfer(asio::posix::stream_descriptor::wait_write, std::forward<Token>(token),
                        // A lost connection is for the reader to notice, after all that came before the
                        // loss: an error here would end the reading, too.
                        [this, buffer] {
                            auto sent = connection_.send(buffer.data(), buffer.size());
                            return sent.failed ? curl::Transferred{.bytes = buffer.size()} : sent;
                        });
    }

    void close() {
        error_code ignored;
        std::ignore = waiter_.close(ignored);
    }

private:
    template <typename Buffer, typename Iterator>
    static Buffer first(const Iterator& begin, const Iterator& end) {
        for (Iterator each = begin; each != end; ++each) {
            if (const Buffer buffer = *each; buffer.size() > 0) {
                return buffer;
            }
        }
        return {};
    }

    // Tries, and waits for the socket between tries. TLS may hold bytes that the socket
    // does not show any more, so the first try comes before the first wait.
    template <typename Token, typename Try>
    auto transfer(asio::posix::stream_descriptor::wait_type direction, Token&& token, Try attempt) {
        return asio::async_compose<Token, void(error_code, std::size_t)>(
            [this, direction, attempt, posted = false](auto& self, error_code error = {}) mutable {
                if (!posted) {
                    posted = true;  // a handler never runs within the call that starts it
                    asio::post(waiter_.get_executor(), std::move(self));
                    return;
                }
                if (error) {
                    self.complete(error, 0);
                    return;
                }
                const curl::Transferred result = attempt();
                if (result.again) {
                    waiter_.async_wait(direction, std::move(self));
                } else if (result.ended) {
                    self.complete(asio::error::eof, 0);
                } else if (result.failed) {
                    self.complete(asio::error::connection_reset, 0);
                } else {
                    self.complete({}, result.bytes);
                }
            },
            token, waiter_);
    }

    curl::Connection connection_;
    asio::posix::stream_descriptor waiter_;
};

// How Beast ends a stream that it does not know.
void beast_close_socket(CurlStream& stream) {
    stream.close();
}
[[maybe_unused]] void teardown(beast::role_type /*role*/, CurlStream& stream, error_code& error) {
    stream.close();
    error = {};
}
template <typename Handler>
void async_teardown(beast::role_type /*role*/, CurlStream& stream, Handler&& handler) {
    stream.close();
    asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable { handler(error_code()); });
}

using WebSocket = websocket::stream<CurlStream, false>;

HttpResponse plain(const websocket::response_type& response) {
    HttpResponse answer;
    answer.status = static_cast<int>(response.result_int());
    for (const auto& field : response) {
        answer.headers[base::lower(std::string(field.name_string()))] = std::string(field.value());
    }
    answer.body = response.body();
    return answer;
}

// "https://host:1/a?b" -> "/a?b"
std::string path_of(const std::string& url) {
    const auto scheme = url.find("://");
    const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    return slash == std::string::npos ? "/" : url.substr(slash);
}

base::Error trouble(ErrorCode code, std::string message) {
    return {.code = code, .message = std::move(message), .context = {}, .hint = {}, .command = {}};
}

// Why there is no WebSocket with this host.
base::Error handshake_trouble(const error_code& error, const std::string& host) {
    if (error == beast::error::timeout) {
        return trouble(ErrorCode::unreachable,
                       host + " did not answer within " + base::human_duration(handshake_limit));
    }
    const std::string why = base::printable(error.message());
    const auto bad = beast::http::make_error_code(beast::http::error::bad_version);
    return error.category() == bad.category() && error != beast::http::error::end_of_stream
               ? trouble(ErrorCode::protocol, "no sense in the answer of " + host + ": " + why)
               : trouble(ErrorCode::unreachable, "no WebSocket with " + host + ": " + why);
}

// Why one ended.
base::Error reading_trouble(const error_code& error) {
    if (error == websocket::error::closed || error == asio::error::eof) {
        return trouble(ErrorCode::unreachable, "it was cut by the far end");
    }
    if (error == websocket::error::message_too_big) {
        return trouble(ErrorCode::protocol, "it brought a message of more than " + base::human_bytes(longest_message));
    }
    const std::string why = base::printable(error.message());
    return error.category() == websocket::make_error_code(websocket::error::bad_opcode).category()
               ? trouble(ErrorCode::protocol, "it brought no sense: " + why)
               : trouble(ErrorCode::unreachable, "it was cut: " + why);
}

// Trouble, or nothing once there is none.
using Tell = std::function<void(std::optional<base::Error>)>;

// One connection of the local socket, in a thread of its own.
class Carrier {
public:
    // `tell` hears of trouble before the local socket is closed: whoever sees that can ask why.
    Carrier(TunnelTarget& target, Local::socket::native_handle_type local, Tell tell)
        : target_(target), tell_(std::move(tell)), local_(context_) {
        local_.assign(Local(), local);
    }

    // Blocks until one side ends, or until stopped.
    void carry(const std::stop_token& stop) {
        const std::stop_callback on_stop(stop, [this] { context_.stop(); });
        asio::co_spawn(context_, run(stop), [](const std::exception_ptr& failure) {
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
        context_.run();
    }

private:
    asio::awaitable<void> run(std::stop_token stop) {
        for (int tries = 1; !socket_; ++tries) {
            auto opened = co_await open(stop, tries);
            if (!opened) {
                tell_(std::move(opened).error());
                co_return;
            }
        }
        tell_(std::nullopt);
        framing_ = target_.framing();
        asio::co_spawn(context_, up(), asio::detached);
        co_await down();
    }

    // Leaves socket_ empty when the server refused, but another try may do.
    asio::awaitable<base::Result<void>> open(const std::stop_token& stop, int tries) {
        auto request = target_.request(stop);
        if (!request) {
            co_return std::unexpected(std::move(request).error());
        }
        // In the middle of a header they would begin another one.
        for (const auto& [name, value] : request->headers) {
            if (base::has_control_characters(name) || base::has_control_characters(value)) {
                co_return base::fail(ErrorCode::bad_input,
                                     "an HTTP header holds control characters: " + base::printable(name));
            }
        }
        auto connection = curl::connect({.url = request->url,
                                         .tls = request->tls,
                                         .proxy = request->proxy,
                                         .unix_socket = {},
                                         .connect_timeout = request->connect_timeout},
                                        stop);
        if (!connection) {
            co_return std::unexpected(std::move(connection).error());
        }
        const std::string host = connection->target();
        auto socket = std::make_unique<WebSocket>(context_.get_executor(), std::move(*connection));
        socket->set_option(websocket::stream_base::timeout{handshake_limit, websocket::stream_base::none(), false});
        socket->set_option(websocket::stream_base::decorator([&request](websocket::request_type& upgrade) {
            for (const auto& [name, value] : request->headers) {
                upgrade.set(name, value);
            }
            upgrade.set(beast::http::field::sec_websocket_protocol, request->subprotocol);
        }));
        socket->binary(true);
        socket->auto_fragment(false);
        socket->read_message_max(longest_message);
        websocket::response_type response;
        error_code error;
        co_await socket->async_handshake(response, host, path_of(request->url),
                                         asio::redirect_error(asio::use_awaitable, error));
        if (error == websocket::error::upgrade_declined) {
            auto refusal = target_.refused(*request, plain(response), tries, stop);
            co_return refusal ? base::Result<void>(std::unexpected(std::move(*refusal))) : base::Result<void>();
        }
        if (error) {
            co_return std::unexpected(handshake_trouble(error, host));
        }
        if (const auto agreed = response[beast::http::field::sec_websocket_protocol]; agreed != request->subprotocol) {
            co_return base::fail(ErrorCode::protocol, host + " does not speak " + request->subprotocol);
        }
        socket_ = std::move(socket);
        co_return base::Result<void>();
    }

    asio::awaitable<void> up() {
        std::array<char, piece_size> piece{};
        for (;;) {
            error_code error;
            const std::size_t size =
                co_await local_.async_read_some(asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
            if (error) {
                close();
                co_return;
            }
            const std::string message = framing_->wrap(std::string_view(piece.data(), size));
            co_await socket_->async_write(asio::buffer(message), asio::redirect_error(asio::use_awaitable, error));
            if (error) {
                co_return;  // reading will end, too, and know why
            }
        }
    }

    asio::awaitable<void> down() {
        beast::flat_buffer message;
        for (;;) {
            error_code error;
            co_await socket_->async_read(message, asio::redirect_error(asio::use_awaitable, error));
            if (error) {
                if (!closed_) {
                    tell_(reading_trouble(error));
                }
                break;
            }
            const auto bytes = framing_->unwrap({static_cast<const char*>(message.data().data()), message.size()});
            if (!bytes) {
                tell_(bytes.error());
                break;
            }
            co_await asio::async_write(local_, asio::buffer(*bytes), asio::redirect_error(asio::use_awaitable, error));
            if (error) {
                break;
            }
            message.clear();
        }
        close();
    }

    // Both coroutines end by it: what they wait for fails.
    void close() {
        closed_ = true;
        error_code ignored;
        std::ignore = local_.close(ignored);
        socket_->next_layer().close();
    }

    TunnelTarget& target_;
    Tell tell_;
    asio::io_context context_;
    Local::socket local_;
    std::unique_ptr<WebSocket> socket_;
    std::unique_ptr<Framing> framing_;
    bool closed_ = false;
};

class RealTunnel final : public Tunnel {
public:
    RealTunnel(std::shared_ptr<TunnelTarget> target, TemporaryFolder folder)
        : target_(std::move(target)),
          folder_(std::move(folder)),
          path_(folder_.path() + "/socket"),
          acceptor_(context_, Local::endpoint(path_)) {
        accept();
        acceptor_thread_ = std::jthread([this] { context_.run(); });
    }
    RealTunnel(const RealTunnel&) = delete;
    RealTunnel& operator=(const RealTunnel&) = delete;
    ~RealTunnel() override {
        RealTunnel::end_soon();
        carriers_.clear();  // joins each
    }

    void end_soon() override {
        if (!acceptor_thread_.joinable()) {
            return;
        }
        context_.stop();
        acceptor_thread_.join();  // it never waits for anything else
        for (auto& carrier : carriers_) {
            carrier.request_stop();
        }
    }

    const std::string& socket_path() const override { return path_; }

    std::optional<base::Error> trouble() const override {
        const std::scoped_lock lock(mutex_);
        return trouble_;
    }

private:
    void accept() {
        acceptor_.async_accept([this](error_code error, Local::socket socket) {
            if (!error) {
                const int local = socket.release();
                carriers_.emplace_back([this, local](const std::stop_token& stop) { carry(local, stop); });
            }
            if (error != asio::error::operation_aborted) {
                accept();
            }
        });
    }

    void carry(int local, const std::stop_token& stop) {
        const auto tell = [this](std::optional<base::Error> error) {
            const std::scoped_lock lock(mutex_);
            trouble_.reset();
            if (error) {
                trouble_ = base::in_context(std::move(*error), target_->name());
            }
        };
        tell(sys::trouble(ErrorCode::timed_out, "it was not opened in time"));
        try {
            Carrier(*target_, local, tell).carry(stop);
        } catch (const std::exception&) {
            tell(sys::trouble(ErrorCode::io, "no memory for a tunnel"));
        }
    }

    std::shared_ptr<TunnelTarget> target_;
    TemporaryFolder folder_;
    std::string path_;
    asio::io_context context_;
    Local::acceptor acceptor_;
    mutable std::mutex mutex_;
    std::optional<base::Error> trouble_;  // guarded by mutex_
    std::list<std::jthread> carriers_;    // touched by the acceptor's thread, and after it by who ends the tunnel
    std::jthread acceptor_thread_;
};

}  // namespace

base::Result<std::unique_ptr<Tunnel>> open_tunnel(std::shared_ptr<TunnelTarget> target) {
    TRY_ASSIGN(auto folder, TemporaryFolder::create("etcd-deploy-tunnel"));
    try {
        return std::make_unique<RealTunnel>(std::move(target), std::move(folder));
    } catch (const std::exception& exception) {
        return base::fail(base::ErrorCode::io, std::string("cannot open a local socket: ") + exception.what());
    }
}

}  // namespace sys
