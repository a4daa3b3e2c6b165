// Connections that begin TLS where an earlier one left off.
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tls_server.hpp"
#include "unit/sys/http_fixture.hpp"

namespace {

using support::TlsServer;
using sys_test::HttpTest;
using testing::ElementsAre;

class TlsSessions : public HttpTest {
protected:
    sys::HttpRequest request() {
        return {.url = server_.url(),
                .tls = std::make_shared<sys::Tls>(sys::Tls{.ca = server_.identity().certificate})};
    }
    void expect_answer(const sys::HttpRequest& request) {
        const auto response = send(request);
        ASSERT_TRUE(response.has_value()) << response.error().text();
        EXPECT_EQ(response->body, "ok");
    }
    // What the server counts may come after what the client has.
    [[nodiscard]] std::vector<bool> resumed(std::size_t connections) const {
        while (server_.resumed().size() < connections) {
            std::this_thread::yield();
        }
        return server_.resumed();
    }

    TlsServer server_;
};

TEST_F(TlsSessions, AreResumedByTheNextConnectionToTheServer) {
    expect_answer(request());
    expect_answer(request());
    EXPECT_THAT(resumed(2), ElementsAre(false, true));
}

TEST_F(TlsSessions, OfOneIdentityAreNoneOfAnother) {
    const auto other = support::make_tls_identity();
    auto as_somebody = request();
    as_somebody.tls = std::make_shared<sys::Tls>(
        sys::Tls{.ca = server_.identity().certificate, .certificate = other.certificate, .key = other.key});
    expect_answer(request());
    expect_answer(as_somebody);
    EXPECT_THAT(resumed(2), ElementsAre(false, false));
}

TEST_F(TlsSessions, AreNotResumedByWhoWantsToSeeTheCertificate) {
    auto looking = request();
    looking.certificate = sys::ServerCertificate::wanted;
    expect_answer(request());
    const auto response = send(looking);
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->certificate, server_.identity().certificate);
    EXPECT_THAT(resumed(2), ElementsAre(false, false));
}

}  // namespace
