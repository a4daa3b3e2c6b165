#include "sys/curl.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <tuple>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "sys/files.hpp"

namespace sys::curl {
namespace {

using base::ErrorCode;

struct UrlCloser {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCloser>;

// A peer that vanished without a word: unanswered data for this long, or unanswered
// keepalive probes, end the connection. Without it a request on a connection that
// is shared by all would wait for the kernel's fifteen minutes.
int on_socket(void* /*user*/, curl_socket_t socket, curlsocktype /*purpose*/) {
    const unsigned patience = 15'000;  // milliseconds
    ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
    return CURL_SOCKOPT_OK;
}

int on_progress(void* user, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/,
                curl_off_t /*unused*/) {
    return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
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

void set_blob(CURL* easy, CURLoption option, const std::string& bytes) {
    // libcurl only reads it, and the Handle keeps it alive: no copy.
    curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};  // NOLINT
    set(easy, option, &blob);
}

void set_tls(const Handle& handle) {
    CURL* easy = handle.easy.get();
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    const Tls defaults;
    const Tls& tls = handle.tls ? *handle.tls : defaults;
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

// An https:// proxy is believed as the server is: helm (Go's net/http) does so, too.
void set_proxy_tls(const Handle& handle) {
    CURL* easy = handle.easy.get();
    if (!handle.tls) {
        return;
    }
    set(easy, CURLOPT_PROXY_SSL_VERIFYPEER, handle.tls->verify ? 1L : 0L);
    set(easy, CURLOPT_PROXY_SSL_VERIFYHOST, handle.tls->verify ? 2L : 0L);
    if (!handle.tls->ca.empty()) {
        set<const char*>(easy, CURLOPT_PROXY_CAPATH, nullptr);
        set<const char*>(easy, CURLOPT_PROXY_CAINFO, nullptr);
        set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, handle.tls->ca);
    }
}

// "http://user:password@host:3128" -> "host:3128"
std::string place_of_proxy(const std::string& proxy) {
    const Url url(curl_url());
    if (!url) {
        throw std::bad_alloc();
    }
    constexpr unsigned any_scheme = CURLU_NON_SUPPORT_SCHEME;
    if (curl_url_set(url.get(), CURLUPART_URL, proxy.c_str(), any_scheme) != CURLUE_OK) {
        return base::printable(proxy.substr(proxy.rfind('@') + 1));
    }
    const auto port = url_part(url.get(), CURLUPART_PORT);
    return base::printable(url_part(url.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port));
}

// The address, and with Tls::server_name the name to be expected there. The URL then
// carries that name (it goes into SNI, and is what the certificate is checked against)
// while CURLOPT_CONNECT_TO leads to the real place, which stays in the Host header.
base::Result<void> set_address(Handle& handle, const std::string& address) {
    const Url url(curl_url());
    if (!url) {
        throw std::bad_alloc();
    }
    if (base::has_control_characters(address) || address.find(' ') != std::string::npos ||
        curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK) {
        return base::fail(ErrorCode::bad_input, "this is no address: " + base::printable(address));
    }
    const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
    if (scheme != "https" && scheme != "http") {
        return base::fail(ErrorCode::bad_input, "neither http:// nor https://: " + base::printable(address));
    }
    if (scheme == "https") {
        // Wait for the shared connection rather than open another. Over plain HTTP there is
        // none to share, and libcurl would only know that from the first answer: a request
        // that is never answered would hold up all others.
        set(handle.easy.get(), CURLOPT_PIPEWAIT, 1L);
    }
    const auto host = url_part(url.get(), CURLUPART_HOST);
    const auto port = url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    handle.target = host + ":" + port;
    if (handle.tls && !handle.tls->server_name.empty() && scheme == "https") {
        const auto& name = handle.tls->server_name;
        const bool is_ipv6 = name.find(':') != std::string::npos;
        const auto url_name = is_ipv6 && !name.starts_with('[') ? "[" + name + "]" : name;
        if (curl_url_set(url.get(), CURLUPART_HOST, url_name.c_str(), 0) != CURLUE_OK) {
            return base::fail(ErrorCode::bad_input, "this is no name of a server: " + base::printable(name));
        }
        append(handle.connect_to, url_name + ":" + port + ":" + host + ":" + port);
        append(handle.headers, "Host: " + handle.target);
        set(handle.easy.get(), CURLOPT_CONNECT_TO, handle.connect_to.get());
    }
    set(handle.easy.get(), CURLOPT_URL, url_part(url.get(), CURLUPART_URL).c_str());
    return {};
}

std::string reason_of(const Handle& handle) {
    const auto told = base::shorten(base::printable(handle.reason.data()), 300);
    return told.empty() ? std::string(curl_easy_strerror(handle.code)) : told;
}

std::unexpected<base::Error> describe_connect(const Handle& handle) {
    long error = 0;
    curl_easy_getinfo(handle.easy.get(), CURLINFO_OS_ERRNO, &error);
    std::string why = reason_of(handle);
    if (error == ECONNREFUSED) {
        why = "connection refused";
    } else if (error != 0) {
        why = base::lower(std::generic_category().message(static_cast<int>(error)));
    }
    const auto& first = handle.proxy.empty() ? handle.target : "the proxy " + handle.proxy;
    return base::fail(ErrorCode::unreachable, "cannot connect to " + first + ": " + why);
}

}  // namespace

bool start() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    return started == CURLE_OK;
}

void append(StringList& list, const std::string& text) {
    curl_slist* longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr) {
        throw std::bad_alloc();
    }
    std::ignore = list.release();
    list.reset(longer);
}

Handle::Handle() {
    easy.reset(start() ? curl_easy_init() : nullptr);
    if (!easy) {
        throw std::bad_alloc();
    }
}

base::Result<void> prepare(Handle& handle, const Address& address) {
    handle.tls = address.tls;
    handle.connect_timeout = address.connect_timeout;
    CURL* easy = handle.easy.get();
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a resolver that hangs
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(address.connect_timeout.count()));
    set(easy, CURLOPT_ERRORBUFFER, handle.reason.data());
    if (!address.unix_socket.empty()) {
        set(easy, CURLOPT_UNIX_SOCKET_PATH, address.unix_socket.c_str());
        set(easy, CURLOPT_PROXY, "");
    } else {
        set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        set(easy, CURLOPT_TCP_KEEPIDLE, 10L);
        set(easy, CURLOPT_TCP_KEEPINTVL, 5L);
        set(easy, CURLOPT_SOCKOPTFUNCTION, &on_socket);
        if (!address.proxy.empty()) {
            set(easy, CURLOPT_PROXY, address.proxy.c_str());
            handle.proxy = place_of_proxy(address.proxy);
            set(easy, CURLOPT_NOPROXY, "");  // the environment's NO_PROXY is about its own proxy
            set_proxy_tls(handle);
        }
    }
    set_tls(handle);
    return set_address(handle, address.url);
}

std::unexpected<base::Error> describe(const Handle& handle) {
    const auto& target = handle.target;
    const auto unreachable = [](std::string message) { return base::fail(ErrorCode::unreachable, std::move(message)); };
    switch (handle.code) {
        case CURLE_COULDNT_RESOLVE_HOST: return unreachable("cannot find the host of " + target + " (DNS)");
        case CURLE_COULDNT_RESOLVE_PROXY: return unreachable("cannot find the proxy's host (DNS)");
        case CURLE_PROXY: return unreachable("the proxy does not connect to " + target + ": " + reason_of(handle));
        case CURLE_COULDNT_CONNECT: return describe_connect(handle);
        case CURLE_OPERATION_TIMEDOUT:
            return unreachable("no connection to " + target + " within " +
                               base::human_duration(handle.connect_timeout));
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_ISSUER_ERROR: return unreachable("no TLS with " + target + ": " + reason_of(handle));
        case CURLE_RECV_ERROR:
            if (std::string_view(handle.reason.data()).find("CONNECT") != std::string_view::npos) {
                return unreachable("the proxy does not connect to " + target + ": " + reason_of(handle));
            }
            [[fallthrough]];
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_PARTIAL_FILE:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM: return unreachable("the connection to " + target + " was lost: " + reason_of(handle));
        case CURLE_ABORTED_BY_CALLBACK: return base::fail(ErrorCode::cancelled, "cancelled");
        default:
            return base::fail(ErrorCode::protocol, "no sense in the answer of " + target + ": " + reason_of(handle));
    }
}

int Connection::socket() const {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(handle_->easy.get(), CURLINFO_ACTIVESOCKET, &socket);
    return socket;
}

Transferred Connection::receive(void* data, std::size_t size) {
    std::size_t bytes = 0;
    const CURLcode code = curl_easy_recv(handle_->easy.get(), data, size, &bytes);
    return {.bytes = bytes,
            .again = code == CURLE_AGAIN,
            .ended = code == CURLE_OK && bytes == 0,
            .failed = code != CURLE_OK && code != CURLE_AGAIN};
}

Transferred Connection::send(const void* data, std::size_t size) {
    std::size_t bytes = 0;
    const CURLcode code = curl_easy_send(handle_->easy.get(), data, size, &bytes);
    return {.bytes = bytes, .again = code == CURLE_AGAIN, .failed = code != CURLE_OK && code != CURLE_AGAIN};
}

base::Result<Connection> connect(const Address& address, const std::stop_token& stop) {
    try {
        auto handle = std::make_unique<Handle>();
        TRY(prepare(*handle, address));
        CURL* easy = handle->easy.get();
        set(easy, CURLOPT_CONNECT_ONLY, 1L);
        set(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);  // for http:// as well: the proxy is not to look into it
        set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(easy, CURLOPT_NOPROGRESS, 0L);
        set(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
        set(easy, CURLOPT_XFERINFODATA, const_cast<std::stop_token*>(&stop));  // NOLINT: only read
        handle->code = curl_easy_perform(easy);
        if (handle->code != CURLE_OK) {
            return describe(*handle);
        }
        return Connection(std::move(handle));
    } catch (const std::exception& exception) {
        return base::fail(ErrorCode::io, std::string("cannot prepare a connection: ") + exception.what());
    }
}

}  // namespace sys::curl
