// The input: a kubeconfig; after a NUL, if there is one, a second one that is merged into it;
// after another the context that is asked for. Read as files, and the first one as text, too.
//
// No file is read: the linker (--wrap, see CMakeLists.txt) puts the few of `fake_file` in place of
// sys::read_file, so that paths in a kubeconfig lead nowhere else.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "expect.hpp"
#include "kube/kubeconfig.hpp"
#include "sys/files.hpp"

namespace {

using base::ErrorCode;
using Json = nlohmann::json;
using Kind = model::KubeconfigSource::Kind;

// In the corpus every secret begins like this. An error that quotes it has shown one.
constexpr std::string_view secret_word = "hunter2";

struct Input {
    std::string first;
    std::string second;
    std::string context;
    bool has_second = false;
};

// The kubeconfigs in the making; for fake_file, which is called from afar.
const Input* current = nullptr;

base::Result<std::string> fake_file(const std::string& path) {
    if (path == "/k/one" && current != nullptr) {
        return current->first;
    }
    if (path == "/k/two" && current != nullptr) {
        return current->second;
    }
    if (path.starts_with("/k/pki/")) {
        return "hunter2 of the file " + path + "\n";
    }
    return base::fail(ErrorCode::not_found, "cannot read a file: there is none");
}

Input split(std::string_view rest) {
    const auto take = [&rest] {
        const auto part = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        return std::string(part);
    };
    Input input{.first = take(), .second = {}, .context = {}, .has_second = !rest.empty()};
    input.second = take();
    input.context = rest;
    return input;
}

// Where a name or a path stands, which may be anything, a secret's look-alike among them.
bool may_quote(const base::Error& error) {
    constexpr std::array<std::string_view, 4> words{" has no ", "there are: ", "apiVersion '", "counts from no folder"};
    return std::ranges::any_of(words,
                               [&](auto word) { return error.message.contains(word) || error.hint.contains(word); });
}

void check_error(const base::Error& error) {
    FUZZ_EXPECT(error.code == ErrorCode::bad_input || error.code == ErrorCode::not_found ||
                error.code == ErrorCode::refused);
    const auto text = error.text();
    FUZZ_EXPECT(!text.empty() && text.size() <= 800);
    FUZZ_EXPECT(base::printable(text) == text && base::printable(error.hint) == error.hint);
    FUZZ_EXPECT(may_quote(error) || !(text + error.hint).contains(secret_word));
}

// Short ones and those without letters are left alone (base/redaction.hpp).
void expect_hidden(const base::Redactor& redactor, const std::string& secret) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (base::trim(secret).size() >= 8 && std::ranges::any_of(base::trim(secret), is_letter)) {
        FUZZ_EXPECT(!redactor.redact("a " + secret + " b").contains(secret));
    }
}

// The password within an address, as libcurl reads it.
std::string password_in(const std::string& address) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
    char* part = nullptr;
    if (address.contains('\0') ||
        curl_url_set(url.get(), CURLUPART_URL, address.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(url.get(), CURLUPART_PASSWORD, &part, 0) != CURLUE_OK) {
        return {};
    }
    const std::unique_ptr<char, decltype(&curl_free)> owner(part, curl_free);
    return part;
}

void check_secrets(const kube::Connection& connection, const base::Redactor& redactor) {
    expect_hidden(redactor, connection.token);
    expect_hidden(redactor, connection.password);
    expect_hidden(redactor, connection.tls->key);
    expect_hidden(redactor, password_in(connection.server));
    expect_hidden(redactor, password_in(connection.proxy));
    if (!connection.username.empty() && connection.username.size() + connection.password.size() >= 8) {
        expect_hidden(redactor, base::base64_encode(connection.username + ":" + connection.password));
    }
    if (connection.token_file.starts_with("/k/pki/")) {
        expect_hidden(redactor, base::trim(fake_file(connection.token_file).value()));
    }
    if (connection.plugin) {
        for (const auto& [name, value] : connection.plugin->variables) {
            FUZZ_EXPECT(!name.empty() && name.find_first_of(std::string_view("=\0", 2)) == std::string::npos);
            if (name.ends_with("_TOKEN")) {
                expect_hidden(redactor, value);
            }
        }
    }
}

bool starts_with_one_of(const std::string& text, std::initializer_list<std::string_view> beginnings) {
    return std::ranges::any_of(beginnings, [&](auto beginning) { return text.starts_with(beginning); });
}

void check_connection(const kube::Connection& connection) {
    FUZZ_EXPECT(starts_with_one_of(connection.server, {"https://", "http://"}));
    FUZZ_EXPECT(!connection.server.ends_with('/'));
    FUZZ_EXPECT(connection.proxy.empty() ||
                starts_with_one_of(connection.proxy, {"http://", "https://", "socks5h://"}));
    FUZZ_EXPECT(!connection.context.empty() && !connection.namespace_name.empty());
    FUZZ_EXPECT(connection.tls->certificate.empty() == connection.tls->key.empty());
    FUZZ_EXPECT(connection.tls->verify == connection.warnings.empty());
    FUZZ_EXPECT(connection.token_file.empty() || connection.token_file.starts_with('/'));
    if (connection.plugin) {
        const auto& command = connection.plugin->command;
        FUZZ_EXPECT(!command.empty() && (command.starts_with('/') || !command.contains('/')));
        FUZZ_EXPECT(connection.plugin->api_version.starts_with("client.authentication.k8s.io/v1"));
    }
}

Json plugin_of(const kube::ExecPlugin& plugin) {
    Json variables = Json::array();
    for (const auto& [name, value] : plugin.variables) {
        variables.push_back({{"name", name}, {"value", value}});
    }
    return {{"apiVersion", plugin.api_version},
            {"command", plugin.command},
            {"args", plugin.args},
            {"env", variables},
            {"installHint", plugin.install_hint},
            {"interactiveMode", "Never"},
            {"provideClusterInfo", plugin.wants_cluster}};
}

// A kubeconfig that says the same. JSON is YAML, too.
Json kubeconfig_of(const kube::Connection& connection) {
    const auto& tls = *connection.tls;
    Json user{{"token", connection.token},
              {"tokenFile", connection.token_file},
              {"username", connection.username},
              {"password", connection.password},
              {"client-certificate-data", base::base64_encode(tls.certificate)},
              {"client-key-data", base::base64_encode(tls.key)}};
    if (connection.plugin) {
        user["exec"] = plugin_of(*connection.plugin);
    }
    const Json cluster{{"server", connection.server},
                       {"proxy-url", connection.proxy},
                       {"tls-server-name", tls.server_name},
                       {"insecure-skip-tls-verify", !tls.verify},
                       {"certificate-authority-data", base::base64_encode(tls.ca)}};
    const auto named = [](const std::string& name, const char* key, const Json& body) {
        return Json::array({{{"name", name}, {key, body}}});
    };
    return {{"current-context", connection.context},
            {"contexts", named(connection.context, "context",
                               {{"cluster", "c"}, {"user", "u"}, {"namespace", connection.namespace_name}})},
            {"clusters", named("c", "cluster", cluster)},
            {"users", named("u", "user", user)}};
}

void expect_accepted_again(const kube::Connection& connection) {
    std::string text;
    const auto meant = kubeconfig_of(connection);
    try {
        text = meant.dump();
    } catch (const Json::exception&) {
        return;  // some of it is no UTF-8
    }
    base::Redactor redactor;
    const auto again = kube::connect({.kind = Kind::text, .files = {}, .text = text}, {}, redactor);
    FUZZ_EXPECT(again.has_value());
    FUZZ_EXPECT(kubeconfig_of(*again) == meant);
}

void check(const model::KubeconfigSource& source, const std::string& context) {
    base::Redactor redactor;
    const auto connection = kube::connect(source, context, redactor);
    if (!connection) {
        return check_error(connection.error());
    }
    check_connection(*connection);
    check_secrets(*connection, redactor);
    expect_accepted_again(*connection);
}

}  // namespace

// Called in place of sys::read_file: its name with the linker's prefix.
base::Result<std::string> fake_read_file(const std::filesystem::path& path, std::size_t limit) asm(
    "__wrap__ZN3sys9read_fileERKNSt10filesystem7__cxx114pathEm");
base::Result<std::string> fake_read_file(const std::filesystem::path& path, std::size_t /*limit*/) {
    return fake_file(path.string());
}

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
    FUZZ_EXPECT(sys::read_file("/k/pki/any").has_value());  // or the wrap does nothing
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Input input = split({reinterpret_cast<const char*>(data), size});
    current = &input;
    check({.kind = Kind::text, .files = {}, .text = input.first}, input.context);
    model::KubeconfigSource files{.kind = Kind::files, .files = {"/k/one"}, .text = {}};
    if (input.has_second) {
        files.files.emplace_back("/k/two");
    }
    check(files, input.context);
    current = nullptr;
    return 0;
}
