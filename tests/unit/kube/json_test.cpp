#include "kube/json.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube::json {
namespace {

using testing::HasSubstr;

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

TEST(Json, LeavesManagedFieldsOut) {
    const auto value = parse(R"({"metadata":{"managedFields":[{"a":{"b":1}}],"name":"x"},"after":1})");
    EXPECT_EQ(value, (Value{{"metadata", {{"name", "x"}}}, {"after", 1}}));
}

TEST(Json, KeepsAValueThatIsOnlyCalledManagedFields) {
    EXPECT_EQ(parse(R"({"name":"managedFields"})"), (Value{{"name", "managedFields"}}));
    EXPECT_EQ(parse(R"(["managedFields"])"), Value::array({"managedFields"}));
}

TEST(Json, TakesTheNestingOfRealObjectsAndRefusesMore) {
    const auto nested = [](std::size_t depth) { return repeated(R"({"a":)", depth) + "1" + std::string(depth, '}'); };
    EXPECT_NO_THROW((void)parse(nested(30)));
    EXPECT_THROW((void)parse(nested(100)), Malformed);
}

TEST(Json, SurvivesNestingWithoutEnd) {
    for (const auto& text :
         {repeated("[", 200'000), repeated(R"({"a":)", 200'000), repeated("[", 100'000) + repeated("]", 100'000)}) {
        EXPECT_ANY_THROW((void)parse(text));
    }
}

TEST(Json, RefusesWhatIsNoJson) {
    const std::vector<std::string> cases{
        "",
        "<html><body>502 Bad Gateway</body></html>",
        "{",
        R"({"a":1)",
        R"({"a":1}{"b":2})",
        R"({"a":1,})",
        R"({"a":"unfinished)",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\xff\xfe\"}",
        R"({"a":"\ud800"})",
        R"({"a":NaN})",
        R"({"a":1e999})",
    };
    for (const auto& text : cases) {
        const auto result = guarded("the answer", [&] { return parse(text); });
        ASSERT_FALSE(result.has_value()) << text;
        EXPECT_EQ(result.error().code, base::ErrorCode::protocol) << text;
        EXPECT_THAT(result.error().message, HasSubstr("the answer")) << text;
    }
}

// A Secret's content must not come out in the words of an error.
TEST(Json, SaysWhereItIsWrongWithoutAnyOfTheText) {
    const auto result = guarded("a Secret", [] { return parse("{\"data\":{\"release\":\"SDRzSUFBQUFBQUFD\x01\"}}"); });
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, testing::Not(HasSubstr("SDRz")));
    EXPECT_THAT(result.error().message, HasSubstr("byte 37"));
}

TEST(Json, MissesWithoutHarm) {
    const Value none;
    const Value number = 1;
    const Value empty = Value::object();
    for (const Value* parent : {&none, &number, &empty}) {
        EXPECT_TRUE(member(*parent, "x").is_null());
        EXPECT_TRUE(object(*parent, "x").is_null());
        EXPECT_TRUE(array(*parent, "x").is_null());
        EXPECT_EQ(text(*parent, "x"), "");
        EXPECT_FALSE(boolean(*parent, "x"));
        EXPECT_EQ(integer(*parent, "x", 7), 7);
        EXPECT_THROW((void)required_text(*parent, "x"), Malformed);
    }
}

TEST(Json, CountsNullAsAbsent) {
    const Value nulls = parse(R"({"x":null})");
    EXPECT_TRUE(object(nulls, "x").is_null());
    EXPECT_TRUE(array(nulls, "x").is_null());
    EXPECT_EQ(text(nulls, "x"), "");
    EXPECT_FALSE(boolean(nulls, "x"));
    EXPECT_EQ(integer(nulls, "x", 7), 7);
    EXPECT_THROW((void)required_text(nulls, "x"), Malformed);
}

TEST(Json, RefusesOtherTypes) {
    const Value value = parse(R"({"object":{},"array":[],"text":"1","number":1,"true":true,"fraction":1.0})");
    using Read = std::function<void(const Value&, const char*)>;
    struct Case {
        std::string what;
        Read read;
        std::vector<std::string> refused;
    };
    const std::vector<Case> cases{
        {"object",
         [](const Value& v, const char* key) { (void)object(v, key); },
         {"array", "text", "number", "true", "fraction"}},
        {"array",
         [](const Value& v, const char* key) { (void)array(v, key); },
         {"object", "text", "number", "true", "fraction"}},
        {"text",
         [](const Value& v, const char* key) { (void)text(v, key); },
         {"object", "array", "number", "true", "fraction"}},
        {"true",
         [](const Value& v, const char* key) { (void)boolean(v, key); },
         {"object", "array", "text", "number", "fraction"}},
        {"number",
         [](const Value& v, const char* key) { (void)integer(v, key); },
         {"object", "array", "text", "true", "fraction"}},
    };
    for (const auto& [what, read, refused] : cases) {
        EXPECT_NO_THROW(read(value, what.c_str())) << what;
        for (const auto& key : refused) {
            EXPECT_THROW(read(value, key.c_str()), Malformed) << what << " of " << key;
        }
    }
}

TEST(Json, RefusesNumbersThatDoNotFit) {
    const Value value = parse(
        R"({"most":2147483647,"least":-2147483648,"more":2147483648,"less":-2147483649,)"
        R"("wide":9223372036854775807,"wider":9223372036854775808,"huge":1e300,"digits":123456789012345678901234567890})");
    EXPECT_EQ(integer(value, "most"), std::numeric_limits<std::int32_t>::max());
    EXPECT_EQ(integer(value, "least"), std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(integer<std::int64_t>(value, "wide"), std::numeric_limits<std::int64_t>::max());
    for (const char* key : {"more", "less", "wide"}) {
        EXPECT_THROW((void)integer(value, key), Malformed) << key;
    }
    for (const char* key : {"wider", "huge", "digits"}) {
        EXPECT_THROW((void)integer<std::int64_t>(value, key), Malformed) << key;
    }
}

TEST(Json, ShowsHostileWordsShortAndPrintable) {
    const auto result = guarded("x", []() -> int { throw Malformed("\x1b[31mred" + std::string(1000, 'a')); });
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, testing::Not(HasSubstr("\x1b")));
    EXPECT_LT(result.error().message.size(), 300U);
}

}  // namespace
}  // namespace kube::json
