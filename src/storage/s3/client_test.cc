// What the client does with servers that fail, told by a scripted one. With real servers: storage_test.cc.

#include "storage/s3/client.h"

#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "net/scripted_server.h"
#include "storage/s3/transfer.h"

namespace tidemill::storage::s3 {
namespace {

using net::answer;
using net::ScriptedServer;

std::string refusal(const std::string& status, const std::string& code, const std::string& more = "") {
  return answer(status, "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>words</Message>" +
                            more + "</Error>");
}

std::vector<std::string> times(size_t count, const std::string& text) {
  return std::vector<std::string>(count, text);
}

class ClientTest : public testing::Test {
 protected:
  // A client of a server that answers so.
  const Client& client(std::vector<std::string> answers) {
    server_ = std::make_unique<ScriptedServer>(std::move(answers));
    StoreOptions options;
    options.s3_endpoint = server_->url("");
    options.environment = environment_;
    net::RetryPolicy retries = default_retries();
    retries.pause = [this](int64_t) { ++pauses_; };
    client_ =
        std::make_unique<Client>(make_target("s3://bucket/pre fix", "//bucket/pre fix", options), 2, retries);
    return *client_;
  }

  std::string message(const std::function<void()>& action, ErrorCode expected) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected) << error.message();
      return error.message();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
  std::string message_of_get(const std::string& reply, ErrorCode expected) {
    const Client& one = client({reply});
    return message([&] { one.get_range("k", 0, 10); }, expected);
  }
  std::string endpoint() const { return server_->url(""); }

  std::map<std::string, std::string> environment_ = {
      {"AWS_ACCESS_KEY_ID", "AKID"}, {"AWS_SECRET_ACCESS_KEY", "secret"}, {"AWS_REGION", "eu-west-1"}};
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Client> client_;
  int pauses_ = 0;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ClientTest, SignsEscapesAndSaysWhatItSends) {
  environment_["AWS_SESSION_TOKEN"] = "token==";
  client({answer("200 OK", "")}).put("year=2026/a+b ü", "body");
  const std::string& sent = server_->requests()[0];
  EXPECT_TRUE(sent.starts_with("PUT /bucket/pre%20fix/year%3D2026/a%2Bb%20%C3%BC HTTP/1.1\r\n")) << sent;
  EXPECT_TRUE(has(sent, "/eu-west-1/s3/aws4_request")) << sent;
  EXPECT_TRUE(has(sent, "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,")) << sent;
  EXPECT_TRUE(has(sent, "x-amz-security-token: token==\r\n")) << sent;
  EXPECT_TRUE(sent.ends_with("\r\n\r\nbody")) << sent;
  EXPECT_FALSE(has(sent, "secret"));
}

TEST_F(ClientTest, WaitsForABusyServer) {
  std::vector<std::string> answers = times(3, refusal("503 Slow Down", "SlowDown"));
  answers.push_back(answer("200 OK", ""));
  client(answers).put("k", "v");
  EXPECT_EQ(pauses_, 3);
  EXPECT_EQ(server_->requests().size(), 4U);
}

TEST_F(ClientTest, GivesUpInAStorm) {
  const Client& one = client(times(7, refusal("503 Slow Down", "SlowDown")));
  const std::string text = message([&] { one.put("k", "v"); }, ErrorCode::kUnavailable);
  EXPECT_EQ(text, "cannot write s3://bucket/pre fix/k: " + endpoint() +
                      " answers 503 SlowDown (words), 7 times in a row: try again when it is less busy");
}

TEST_F(ClientTest, NoticesTruncatedBodies) {
  const std::string cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
  EXPECT_EQ(client({cut, answer("200 OK", "0123456789")}).get_range("k", 0, 10)->bytes, "0123456789");
  const Client& one = client(times(7, cut));
  EXPECT_TRUE(has(message([&] { one.get_range("k", 0, 10); }, ErrorCode::kUnavailable), "(tried 7 times)"));
  // A listing that says it is whole and is not.
  const Client& other = client({answer("200 OK", "<ListBucketResult><Contents><Key>a</K")});
  EXPECT_TRUE(has(message([&] { other.list("", ""); }, ErrorCode::kUnavailable), "is it an S3 server?"));
}

TEST_F(ClientTest, SendsDamagedUploadsAgain) {
  client({refusal("400 Bad Request", "XAmzContentSHA256Mismatch"), answer("200 OK", "")}).put("k", "v");
  EXPECT_EQ(pauses_, 1);
}

TEST_F(ClientTest, SaysWhatIsWrongWithKeys) {
  const auto denied = [&](const std::string& code) {
    return message_of_get(refusal("403 Forbidden", code), ErrorCode::kPermissionDenied);
  };
  const std::string unknown = denied("InvalidAccessKeyId");
  EXPECT_EQ(unknown, "cannot read s3://bucket/pre fix/k: " + endpoint() +
                         " does not know the access key 'AKID' (from AWS_ACCESS_KEY_ID): correct it");
  EXPECT_TRUE(has(denied("SignatureDoesNotMatch"), "the secret key that belongs to 'AKID'"));
  EXPECT_TRUE(has(denied("AccessDenied"), "grant it, or use other keys (words)"));
  EXPECT_TRUE(has(denied("ExpiredToken"), "fetch new keys"));
}

TEST_F(ClientTest, SaysBothClocks) {
  const std::string text = message_of_get(
      refusal("403 Forbidden", "RequestTimeTooSkewed", "<ServerTime>2001-02-03T04:05:06Z</ServerTime>"),
      ErrorCode::kPermissionDenied);
  EXPECT_TRUE(has(text, "the clocks differ: 2001-02-03T04:05:06Z at http://127.0.0.1:")) << text;
  EXPECT_TRUE(has(text, "Z here; set this machine's clock")) << text;
}

TEST_F(ClientTest, SaysTheRegion) {
  const std::string words =
      "the bucket 'bucket' is in region 'us-west-2', not 'eu-west-1': set storage.region or AWS_REGION";
  EXPECT_TRUE(has(
      message_of_get(refusal("400 Bad Request", "AuthorizationHeaderMalformed", "<Region>us-west-2</Region>"),
                     ErrorCode::kInvalidArgument),
      words));
  EXPECT_TRUE(has(message_of_get(answer("301 Moved", "", "x-amz-bucket-region: us-west-2\r\n"),
                                 ErrorCode::kInvalidArgument),
                  words));
}

TEST_F(ClientTest, TellsAMissingBucketFromAMissingObject) {
  const std::string nothing = "HTTP/1.1 404 Not Found\r\n\r\n";
  EXPECT_FALSE(client({nothing, refusal("404 Not Found", "NoSuchKey")}).head("k"));
  const Client& one = client({nothing, refusal("404 Not Found", "NoSuchBucket")});
  EXPECT_TRUE(has(message([&] { one.head("k"); }, ErrorCode::kNotFound), "there is no bucket 'bucket'"));
  EXPECT_FALSE(client({refusal("404 Not Found", "NoSuchKey")}).get_range("k", 0, 1));
}

TEST_F(ClientTest, TellsWhatIsNoS3Server) {
  const std::string text = message_of_get(answer("404 Not Found", "<html><body>no"), ErrorCode::kNotFound);
  EXPECT_TRUE(has(text, "answers 404")) << text;
}

TEST_F(ClientTest, ListsPageByPage) {
  const auto page = [](const std::string& keys, const std::string& next) {
    return answer("200 OK",
                  "<ListBucketResult><EncodingType>url</EncodingType>" + keys + next + "</ListBucketResult>");
  };
  const Client& one =
      client({page("<Contents><Key>pre+fix/a%2Bb</Key><Size>3</Size>"
                   "<LastModified>2026-11-01T12:30:01.000Z</LastModified></Contents>"
                   "<Contents><Key>pre+fix/folder/</Key><Size>0</Size></Contents>",
                   "<IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</NextContinuationToken>"),
              page("<Contents><Key>pre%20fix/%C3%BC+</Key><Size>4</Size></Contents>", "")});
  const Page first = one.list("", "");
  ASSERT_EQ(first.objects.size(), 1U);  // what a console calls a folder is no object
  EXPECT_EQ(first.objects[0].key, "a+b");
  EXPECT_EQ(first.objects[0].size_bytes, 3U);
  EXPECT_EQ(first.objects[0].last_modified_ms, 1'793'536'201'000);
  const Page second = one.list("", first.next);
  ASSERT_EQ(second.objects.size(), 1U);
  EXPECT_EQ(second.objects[0].key, "ü ");
  EXPECT_FALSE(second.objects[0].last_modified_ms);
  EXPECT_EQ(second.next, "");
  EXPECT_TRUE(has(server_->requests()[1],
                  "GET /bucket?continuation-token=t%2F1%3D&encoding-type=url&list-type=2&max-keys=2&"
                  "prefix=pre%20fix%2F HTTP/1.1"));
}

TEST_F(ClientTest, GivesUpAnUploadInParts) {
  const std::string started = answer("200 OK", "<R><UploadId>id</UploadId></R>");
  const Client& one = client({started, refusal("403 Forbidden", "AccessDenied"),
                              refusal("403 Forbidden", "AccessDenied"), answer("204 No Content", "")});
  message([&] { upload(one, "k", content_of("12"), 1); }, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(has(server_->requests().back(), "DELETE /bucket/pre%20fix/k?uploadId=id"));
}

TEST_F(ClientTest, BelievesNoUploadThatFailedLate) {
  const Client& one = client({refusal("200 OK", "AccessDenied")});
  message([&] { one.complete_upload("k", "id", {"e"}); }, ErrorCode::kPermissionDenied);
  // Done by a try whose answer was lost.
  client({"", refusal("404 Not Found", "NoSuchUpload"), answer("200 OK", "", "ETag: \"abc-1\"\r\n")})
      .complete_upload("k", "id", {"e"});
}

TEST_F(ClientTest, FindsForgottenUploads) {
  const auto pending = [](const std::string& key, const std::string& begun) {
    return "<Upload><Key>pre fix/" + key + "</Key><UploadId>of " + key + "</UploadId><Initiated>" + begun +
           "</Initiated></Upload>";
  };
  const Client& one = client({answer("200 OK", "<R>" + pending("old", "2001-02-03T04:05:06.000Z") +
                                                   pending("new", "2001-02-04T00:00:00.000Z") + "</R>")});
  const auto found = one.pending_uploads(981'244'800);  // 2001-02-04
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].key, "old");
  EXPECT_EQ(found[0].upload_id, "of old");
}

TEST_F(ClientTest, PutsOnlyWhatIsAbsent) {
  const std::string there = refusal("412 Precondition Failed", "PreconditionFailed");
  client({there, answer("200 OK", "mine")}).put("k", "mine", true);  // by a try whose answer was lost
  EXPECT_TRUE(has(server_->requests()[0], "If-None-Match: *\r\n"));
  const Client& one = client({there, answer("200 OK", "theirs")});
  message([&] { one.put("k", "mine", true); }, ErrorCode::kConflict);
  client({answer("501 Not Implemented", ""), answer("200 OK", "")}).put("k", "mine", true);
  EXPECT_FALSE(has(server_->requests()[1], "If-None-Match"));
}

TEST_F(ClientTest, ReadsOneVersionWhole) {
  const auto part = [](const std::string& range, const std::string& bytes, const std::string& etag) {
    return answer("206 Partial Content", bytes,
                  "Content-Range: bytes " + range + "\r\nETag: \"" + etag + "\"\r\n");
  };
  const Client& one =
      client({part("0-1/4", "ab", "1"), refusal("412 Precondition Failed", "PreconditionFailed"),
              part("0-1/4", "AB", "2"), part("2-3/4", "CD", "2")});
  EXPECT_EQ(download(one, "k", 2), "ABCD");
  EXPECT_TRUE(has(server_->requests()[1], "If-Match: \"1\"\r\n"));
  // Nothing to take a range of.
  EXPECT_EQ(download(client({answer("416 Range", ""), answer("200 OK", "")}), "k", 2), "");
}

TEST_F(ClientTest, SaysThatNobodyAnswers) {
  StoreOptions options;
  {
    const ScriptedServer gone({});
    options.s3_endpoint = gone.url("");
  }
  options.environment = environment_;
  net::RetryPolicy retries;
  retries.pause = [](int64_t) {};
  const Client one(make_target("s3://bucket", "//bucket", options), 2, retries);
  const std::string text = message([&] { one.list("", ""); }, ErrorCode::kUnavailable);
  EXPECT_TRUE(text.starts_with("cannot list s3://bucket: cannot reach " + options.s3_endpoint)) << text;
  EXPECT_TRUE(text.ends_with("see that it runs and that storage.endpoint is right")) << text;
}

}  // namespace
}  // namespace tidemill::storage::s3
