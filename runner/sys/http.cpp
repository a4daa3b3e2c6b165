#include "sys/http.hpp"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "base/text.hpp"
#include "sys/curl.hpp"

namespace sys {

namespace {

using base::ErrorCode;
using curl::set;

// A server that sends headers without end is stopped here. (Newer versions of libcurl
// would at 300 KiB, and call it a lost connection, which is tried again.)
constexpr std::size_t most_header_bytes = std::size_t{256} << 10U;

// What an HTTP/2 stream gets while its transfer is not looked at goes here. When it is full, Debian's
// libcurl (7.88) lets the whole connection stand still for that stream, and may never go on: of 150 runs
// that asked thirty things at once, three did with its default of 16 KiB.
constexpr long read_buffer = 512L << 10U;

// Why a transfer was ended by ourselves.
enum class Verdict { none, caller_is_done, body_too_long, headers_too_long, callback_failed };

// One request on its way. The caller owns it and waits; the HTTP thread works on
// it from submission until `done`.
struct Transfer : curl::Handle {
    std::size_t body_limit = 0;
    std::function<bool(std::string_view)> on_data;  // empty: keep the body
    HttpResponse response;
    std::size_t header_bytes = 0;
    Verdict verdict = Verdict::none;
    bool done = false;  // guarded by the mutex of CurlHttp
};

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
            const auto name = base::lower(base::trim(line.substr(0, colon)));
            auto& value = transfer.response.headers[name];
            const bool adds = name == "warning" && !value.empty();
            value = (adds ? value + "\n" : std::string()) + base::trim(line.substr(colon + 1));
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

base::Result<void> set_headers(Transfer& transfer, const HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
        if (name.empty() || base::has_control_characters(name) || base::has_control_characters(value)) {
            return base::fail(ErrorCode::bad_input,
                              "an HTTP header holds control characters: " + base::printable(name));
        }
        // "Name;" is libcurl's way to send an empty one.
        curl::append(transfer.headers, value.empty() ? name + ";" : name + ": " + value);
    }
    // libcurl would ask before it sends a long body, and wait a second for the answer.
    curl::append(transfer.headers, "Expect:");
    set(transfer.easy.get(), CURLOPT_HTTPHEADER, transfer.headers.get());
    return {};
}

// The first certificate of the chain that the server has shown.
std::string server_certificate(CURL* easy) {
    constexpr std::string_view label = "Cert:";
    curl_certinfo* chain = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr || chain->num_of_certs < 1) {
        return {};
    }
    for (const curl_slist* entry = chain->certinfo[0]; entry != nullptr; entry = entry->next) {
        if (const std::string_view text(entry->data); text.starts_with(label)) {
            return std::string(text.substr(label.size()));
        }
    }
    return {};
}

base::Result<std::unique_ptr<Transfer>> prepare(const HttpRequest& request,
                                                std::function<bool(std::string_view)> on_data) {
    auto transfer = std::make_unique<Transfer>();
    transfer->body_limit = request.body_limit;
    transfer->on_data = std::move(on_data);
    CURL* easy = transfer->easy.get();
    TRY(curl::prepare(*transfer, {.url = request.url,
                                  .tls = request.tls,
                                  .proxy = request.proxy,
                                  .unix_socket = request.unix_socket,
                                  .connect_timeout = request.connect_timeout}));
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(easy, CURLOPT_BUFFERSIZE, read_buffer);
    set(easy, CURLOPT_HEADERFUNCTION, &on_header);
    set(easy, CURLOPT_HEADERDATA, transfer.get());
    set(easy, CURLOPT_WRITEFUNCTION, &on_body);
    set(easy, CURLOPT_WRITEDATA, transfer.get());
    set(easy, CURLOPT_PRIVATE, transfer.get());
    if (request.certificate == ServerCertificate::wanted) {
        set(easy, CURLOPT_CERTINFO, 1L);
    }
    if (request.connections == Connections::fresh) {
        set(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
    if (request.compression == Compression::gzip) {
        set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    }
    set_method(easy, request);
    TRY(set_headers(*transfer, request));
    return transfer;
}

// A failed transfer, in plain words.
std::unexpected<base::Error> describe(const Transfer& transfer) {
    const auto& target = transfer.target;
    const auto protocol = [](std::string message) { return base::fail(ErrorCode::protocol, std::move(message)); };
    switch (transfer.verdict) {
        case Verdict::body_too_long:
            return protocol(target + " sent an answer longer than " + base::human_bytes(transfer.body_limit));
        case Verdict::headers_too_long: return protocol(target + " sent headers without end");
        case Verdict::callback_failed: return base::fail(ErrorCode::io, "no memory for the answer of " + target);
        case Verdict::caller_is_done:
        case Verdict::none: break;
    }
    return curl::describe(transfer);
}

class CurlHttp final : public Http {
public:
    CurlHttp() {
        multi_ = curl::start() ? curl_multi_init() : nullptr;
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
                return base::fail(ErrorCode::timed_out,
                                  transfer->header_bytes > 0
                                      ? "the answer of " + transfer->target + " did not end in time"
                                      : "no answer from " + transfer->target + " in time");
            }
        }
        lock.unlock();
        if (transfer->code == CURLE_OK || transfer->verdict == Verdict::caller_is_done) {
            long status = 0;
            curl_easy_getinfo(transfer->easy.get(), CURLINFO_RESPONSE_CODE, &status);
            transfer->response.status = static_cast<int>(status);
            if (request.certificate == ServerCertificate::wanted) {
                transfer->response.certificate = server_certificate(transfer->easy.get());
            }
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
            // Several requests on one HTTP/2 connection: what one of them reads from the socket may
            // be another's answer, and Debian's libcurl (7.88) then does not always see to that one
            // before something else happens. One of ten runs stood still for ten seconds.
            constexpr int longest_wait_at_work = 50;
            curl_multi_poll(multi_, nullptr, 0, running > 0 ? longest_wait_at_work : longest_wait, nullptr);
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
        std::erase(added_, &transfer);      // or been given up before it was begun
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
