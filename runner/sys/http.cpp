// The only source file that includes libcurl.
#include "sys/http.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <tuple>

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "sys/files.hpp"

namespace sys {

namespace {

using base::ErrorCode;

// A server that sends headers without end is stopped here.
constexpr std::size_t most_header_bytes = std::size_t{1} << 20U;

struct EasyCloser {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListCloser {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlCloser {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, EasyCloser>;
using StringList = std::unique_ptr<curl_slist, ListCloser>;
using Url = std::unique_ptr<CURLU, UrlCloser>;

void append(StringList& list, const std::string& text) {
    curl_slist* longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr) {
        throw std::bad_alloc();
    }
    std::ignore = list.release();
    list.reset(longer);
}

// Why a transfer was ended by ourselves.
enum class Verdict { none, caller_is_done, body_too_long, headers_too_long, callback_failed };

// One request on its way. The caller owns it and waits; the HTTP thread works on
// it from submission until `done`.
struct Transfer {
    Easy easy;
    StringList headers;
    StringList connect_to;
    std::string target;  // "host:port", for messages
    std::shared_ptr<const Tls> tls;
    std::chrono::milliseconds connect_timeout{};
    std::size_t body_limit = 0;
    std::function<bool(std::string_view)> on_data;  // empty: keep the body
    HttpResponse response;
    std::size_t header_bytes = 0;
    Verdict verdict = Verdict::none;
    std::array<char, CURL_ERROR_SIZE> reason{};
    CURLcode code = CURLE_OK;
    bool done = false;  // guarded by the mutex of CurlHttp
};

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7f; });
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::string_view line(data, size * count);
    try {
        transfer.header_bytes += line.size();
        if (transfer.header_bytes > most_header_bytes) {
            transfer.verdict = Verdict::headers_too_long;
            return 0;
        }
        const auto colon = line.find(':');
        if (line.starts_with("HTTP/")) {
            transfer.response.headers.clear();  // those before were of a 1xx answer
        } else if (colon != std::string_view::npos) {
            transfer.response.headers[base::lower(base::trim(line.substr(0, colon)))] =
                base::trim(line.substr(colon + 1));
        }
    } catch (const std::exception&) {
        transfer.verdict = Verdict::callback_failed;
        return 0;
    }
    return line.size();
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::string_view piece(data, size * count);
    try {
        long status = 0;
        curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
        if (transfer.on_data && status >= 200 && status < 300) {
            if (!transfer.on_data(piece)) {
                transfer.verdict = Verdict::caller_is_done;
                return CURL_WRITEFUNC_ERROR;
            }
        } else if (transfer.response.body.size() + piece.size() > transfer.body_limit) {
            transfer.verdict = Verdict::body_too_long;
            return CURL_WRITEFUNC_ERROR;
        } else {
            transfer.response.body.append(piece);
        }
    } catch (const std::exception&) {
        transfer.verdict = Verdict::callback_failed;
        return CURL_WRITEFUNC_ERROR;
    }
    return piece.size();
}

// A peer that vanished without a word: unanswered data for this long, or unanswered
// keepalive probes, end the connection. Without it a request on a connection that
// is shared by all would wait for the kernel's fifteen minutes.
int on_socket(void* /*user*/, curl_socket_t socket, curlsocktype /*purpose*/) {
    const unsigned patience = 15'000;  // milliseconds
    ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
    return CURL_SOCKOPT_OK;
}

// The pieces of a URL that we need; empty when it is none.
std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    std::string copy;
    if (curl_url_get(url, part, &text, flags) == CURLUE_OK && text != nullptr) {
        copy = text;
    }
    curl_free(text);
    return copy;
}

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK) {
        throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " + curl_easy_strerror(code));
    }
}

void set_blob(CURL* easy, CURLoption option, const std::string& bytes) {
    // libcurl only reads it, and the Transfer keeps it alive: no copy.
    curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};  // NOLINT
    set(easy, option, &blob);
}

void set_tls(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    const Tls defaults;
    const Tls& tls = transfer.tls ? *transfer.tls : defaults;
    set(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    if (!tls.ca.empty()) {
        // Only this authority: libcurl would add Debian's folder of public ones.
        set<const char*>(easy, CURLOPT_CAPATH, nullptr);
        set<const char*>(easy, CURLOPT_CAINFO, nullptr);
        set_blob(easy, CURLOPT_CAINFO_BLOB, tls.ca);
    } else if (const auto bundle = environment("SSL_CERT_FILE"); bundle.has_value() && !bundle->empty()) {
        set<const char*>(easy, CURLOPT_CAPATH, nullptr);
        set(easy, CURLOPT_CAINFO, bundle->c_str());
    }
    if (!tls.certificate.empty()) {
        set_blob(easy, CURLOPT_SSLCERT_BLOB, tls.certificate);
    }
    if (!tls.key.empty()) {
        set_blob(easy, CURLOPT_SSLKEY_BLOB, tls.key);
    }
}

void set_method(CURL* easy, const HttpRequest& request) {
    if (request.method == "HEAD") {
        set(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
        // The body is copied: the request belongs to the caller.
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(easy, CURLOPT_COPYPOSTFIELDS, request.body.data());
        set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
}

// The address, and with Tls::server_name the name to be expected there. The URL then
// carries that name (it goes into SNI, and is what the certificate is checked against)
// while CURLOPT_CONNECT_TO leads to the real place, which stays in the Host header.
base::Result<void> set_address(Transfer& transfer, const HttpRequest& request) {
    const Url url(curl_url());
    if (!url) {
        throw std::bad_alloc();
    }
    if (has_control_characters(request.url) || request.url.find(' ') != std::string::npos ||
        curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), 0) != CURLUE_OK) {
        return base::fail(ErrorCode::bad_input, "this is no address: " + base::printable(request.url));
    }
    const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
    if (scheme != "https" && scheme != "http") {
        return base::fail(ErrorCode::bad_input, "neither http:// nor https://: " + base::printable(request.url));
    }
    const auto host = url_part(url.get(), CURLUPART_HOST);
    const auto port = url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    transfer.target = host + ":" + port;
    if (transfer.tls && !transfer.tls->server_name.empty() && scheme == "https") {
        const auto& name = transfer.tls->server_name;
        const bool is_ipv6 = name.find(':') != std::string::npos;
        const auto url_name = is_ipv6 && !name.starts_with('[') ? "[" + name + "]" : name;
        if (curl_url_set(url.get(), CURLUPART_HOST, url_name.c_str(), 0) != CURLUE_OK) {
            return base::fail(ErrorCode::bad_input, "this is no name of a server: " + base::printable(name));
        }
        append(transfer.connect_to, url_name + ":" + port + ":" + host + ":" + port);
        append(transfer.headers, "Host: " + transfer.target);
        set(transfer.easy.get(), CURLOPT_CONNECT_TO, transfer.connect_to.get());
    }
    set(transfer.easy.get(), CURLOPT_URL, url_part(url.get(), CURLUPART_URL).c_str());
    return {};
}

base::Result<void> set_headers(Transfer& transfer, const HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
        if (name.empty() || has_control_characters(name) || has_control_characters(value)) {
            return base::fail(ErrorCode::bad_input,
                              "an HTTP header holds control characters: " + base::printable(name));
        }
        // "Name;" is libcurl's way to send an empty one.
        append(transfer.headers, value.empty() ? name + ";" : name + ": " + value);
    }
    // libcurl would ask before it sends a long body, and wait a second for the answer.
    append(transfer.headers, "Expect:");
    set(transfer.easy.get(), CURLOPT_HTTPHEADER, transfer.headers.get());
    return {};
}

base::Result<std::unique_ptr<Transfer>> prepare(const HttpRequest& request,
                                                std::function<bool(std::string_view)> on_data) {
    auto transfer = std::make_unique<Transfer>();
    transfer->easy.reset(curl_easy_init());
    if (!transfer->easy) {
        throw std::bad_alloc();
    }
    transfer->tls = request.tls;
    transfer->connect_timeout = request.connect_timeout;
    transfer->body_limit = request.body_limit;
    transfer->on_data = std::move(on_data);
    CURL* easy = transfer->easy.get();
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a resolver that hangs
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(easy, CURLOPT_PIPEWAIT, 1L);  // wait for the shared connection rather than open another
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_TCP_KEEPIDLE, 10L);
    set(easy, CURLOPT_TCP_KEEPINTVL, 5L);
    set(easy, CURLOPT_SOCKOPTFUNCTION, &on_socket);
    set(easy, CURLOPT_ERRORBUFFER, transfer->reason.data());
    set(easy, CURLOPT_HEADERFUNCTION, &on_header);
    set(easy, CURLOPT_HEADERDATA, transfer.get());
    set(easy, CURLOPT_WRITEFUNCTION, &on_body);
    set(easy, CURLOPT_WRITEDATA, transfer.get());
    set(easy, CURLOPT_PRIVATE, transfer.get());
    if (!request.proxy.empty()) {
        set(easy, CURLOPT_PROXY, request.proxy.c_str());
    }
    set_tls(*transfer);
    set_method(easy, request);
    TRY(set_address(*transfer, request));
    TRY(set_headers(*transfer, request));
    return transfer;
}

std::string reason_of(const Transfer& transfer) {
    const auto told = base::shorten(base::printable(transfer.reason.data()), 300);
    return told.empty() ? std::string(curl_easy_strerror(transfer.code)) : told;
}

std::unexpected<base::Error> describe_connect(const Transfer& transfer) {
    long error = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_OS_ERRNO, &error);
    std::string why = reason_of(transfer);
    if (error == ECONNREFUSED) {
        why = "connection refused";
    } else if (error != 0) {
        why = base::lower(std::generic_category().message(static_cast<int>(error)));
    }
    return base::fail(ErrorCode::unreachable, "cannot connect to " + transfer.target + ": " + why);
}

// A failed transfer, in plain words.
std::unexpected<base::Error> describe(const Transfer& transfer) {
    const auto& target = transfer.target;
    const auto unreachable = [](std::string message) { return base::fail(ErrorCode::unreachable, std::move(message)); };
    const auto protocol = [](std::string message) { return base::fail(ErrorCode::protocol, std::move(message)); };
    switch (transfer.verdict) {
        case Verdict::body_too_long:
            return protocol(target + " sent an answer longer than " + base::human_bytes(transfer.body_limit));
        case Verdict::headers_too_long: return protocol(target + " sent headers without end");
        case Verdict::callback_failed: return base::fail(ErrorCode::io, "no memory for the answer of " + target);
        case Verdict::caller_is_done:
        case Verdict::none: break;
    }
    switch (transfer.code) {
        case CURLE_COULDNT_RESOLVE_HOST: return unreachable("cannot find the host of " + target + " (DNS)");
        case CURLE_COULDNT_RESOLVE_PROXY: return unreachable("cannot find the proxy's host (DNS)");
        case CURLE_PROXY: return unreachable("the proxy does not connect to " + target + ": " + reason_of(transfer));
        case CURLE_COULDNT_CONNECT: return describe_connect(transfer);
        case CURLE_OPERATION_TIMEDOUT:
            return unreachable("no connection to " + target + " within " +
                               base::human_duration(transfer.connect_timeout));
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_ISSUER_ERROR: return unreachable("no TLS with " + target + ": " + reason_of(transfer));
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_PARTIAL_FILE:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
            return unreachable("the connection to " + target + " was lost: " + reason_of(transfer));
        default: return protocol("no sense in the answer of " + target + ": " + reason_of(transfer));
    }
}

class CurlHttp final : public Http {
public:
    CurlHttp() {
        static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
        multi_ = started == CURLE_OK ? curl_multi_init() : nullptr;
        if (multi_ == nullptr) {
            throw std::bad_alloc();
        }
        curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
        thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
    }
    CurlHttp(const CurlHttp&) = delete;
    CurlHttp& operator=(const CurlHttp&) = delete;
    ~CurlHttp() override {
        thread_.request_stop();
        curl_multi_wakeup(multi_);
        thread_.join();
        curl_multi_cleanup(multi_);
    }

    base::Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop, Deadline deadline) override {
        return perform(request, {}, stop, deadline);
    }

    base::Result<HttpResponse> stream(const HttpRequest& request, std::function<bool(std::string_view)> on_data,
                                      std::stop_token stop, Deadline deadline) override {
        return perform(request, std::move(on_data), stop, deadline);
    }

private:
    base::Result<HttpResponse> perform(const HttpRequest& request, std::function<bool(std::string_view)> on_data,
                                       const std::stop_token& stop, Deadline deadline) {
        if (stop.stop_requested()) {
            return base::fail(ErrorCode::cancelled, "cancelled");
        }
        std::unique_ptr<Transfer> transfer;
        try {
            TRY_ASSIGN(transfer, prepare(request, std::move(on_data)));
        } catch (const std::exception& exception) {
            return base::fail(ErrorCode::io, std::string("cannot prepare a request: ") + exception.what());
        }
        std::unique_lock lock(mutex_);
        added_.push_back(transfer.get());
        curl_multi_wakeup(multi_);
        const auto is_done = [&] { return transfer->done; };
        const bool finished = finished_.wait_until(lock, stop, deadline, is_done);
        if (!finished) {
            // The HTTP thread may be at work on it: only it can take the transfer out,
            // and then no callback is running or will run.
            abandoned_.push_back(transfer.get());
            curl_multi_wakeup(multi_);
            finished_.wait(lock, is_done);
            if (transfer->code == CURLE_ABORTED_BY_CALLBACK) {
                if (stop.stop_requested()) {
                    return base::fail(ErrorCode::cancelled, "cancelled");
                }
                return base::fail(ErrorCode::timed_out, "no answer from " + transfer->target + " in time");
            }
        }
        lock.unlock();
        if (transfer->code == CURLE_OK || transfer->verdict == Verdict::caller_is_done) {
            long status = 0;
            curl_easy_getinfo(transfer->easy.get(), CURLINFO_RESPONSE_CODE, &status);
            transfer->response.status = static_cast<int>(status);
            return std::move(transfer->response);
        }
        return describe(*transfer);
    }

    void loop(const std::stop_token& stop) {
        // Signals are the main thread's business; and a broken connection must not
        // become a SIGPIPE.
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
        while (!stop.stop_requested()) {
            take_orders();
            int running = 0;
            curl_multi_perform(multi_, &running);
            take_results();
            // Returns at once when a socket, one of libcurl's timers or a wakeup is due.
            constexpr int longest_wait = 60'000;  // milliseconds
            curl_multi_poll(multi_, nullptr, 0, longest_wait, nullptr);
        }
    }

    void take_orders() {
        std::deque<Transfer*> added;
        {
            const std::scoped_lock lock(mutex_);
            added.swap(added_);
        }
        for (Transfer* transfer : added) {
            if (curl_multi_add_handle(multi_, transfer->easy.get()) != CURLM_OK) {
                finish(*transfer, CURLE_OUT_OF_MEMORY);
            }
        }
        while (Transfer* transfer = next_abandoned()) {
            curl_multi_remove_handle(multi_, transfer->easy.get());
            finish(*transfer, CURLE_ABORTED_BY_CALLBACK);
        }
    }

    Transfer* next_abandoned() {
        const std::scoped_lock lock(mutex_);
        return abandoned_.empty() ? nullptr : abandoned_.front();
    }

    void take_results() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) {
                continue;
            }
            CURL* easy = message->easy_handle;
            const CURLcode code = message->data.result;  // gone once the handle is removed
            void* transfer = nullptr;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
            curl_multi_remove_handle(multi_, easy);
            finish(*static_cast<Transfer*>(transfer), code);
        }
    }

    // From here on the Transfer belongs to its caller again, who may be gone with it.
    void finish(Transfer& transfer, CURLcode code) {
        const std::scoped_lock lock(mutex_);
        std::erase(abandoned_, &transfer);  // it may have ended by itself meanwhile
        transfer.code = code;
        transfer.done = true;
        finished_.notify_all();
    }

    CURLM* multi_ = nullptr;
    std::mutex mutex_;
    std::condition_variable_any finished_;
    std::deque<Transfer*> added_;
    std::deque<Transfer*> abandoned_;
    std::jthread thread_;
};

}  // namespace

std::unique_ptr<Http> make_http() {
    return std::make_unique<CurlHttp>();
}

}  // namespace sys
