// What the tests of the HTTP client share.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <stop_token>

#include <gtest/gtest.h>

#include "support/loopback_server.hpp"
#include "sys/http.hpp"

namespace sys_test {

// Only turns a test that would hang into one that fails.
inline sys::Deadline patience() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(60);
}

class HttpTest : public testing::Test {
protected:
    HttpTest() {
        // Proxies of the machine that the tests run on are none of their business.
        for (const char* name :
             {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
            ::unsetenv(name);
        }
    }

    [[nodiscard]] base::Result<sys::HttpResponse> send(const sys::HttpRequest& request) const {
        return http_->send(request, {}, patience());
    }
    [[nodiscard]] base::Result<sys::HttpResponse> get(const std::string& url) const { return send({.url = url}); }
    [[nodiscard]] sys::Http& http() const { return *http_; }

private:
    std::unique_ptr<sys::Http> http_ = sys::make_http();
};

}  // namespace sys_test
