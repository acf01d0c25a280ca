package blob

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/digierapro/parley/internal/fault"
)

// code is S3's word for what is wrong; "" when no server has said any.
func code(err error) string {
	var said smithy.APIError
	if errors.As(err, &said) {
		return said.ErrorCode()
	}
	return ""
}

// explanations say what to change, by S3's codes.
var explanations = map[string]string{
	"NoSuchBucket":                 "there is no such bucket: make it, or correct blobs.s3.bucket",
	"InvalidAccessKeyId":           "the server does not know this access key: correct blobs.s3.accessKeyId",
	"SignatureDoesNotMatch":        "the secret is not that of the access key: correct blobs.s3.secretAccessKey",
	"RequestTimeTooSkewed":         "this machine's clock differs too much from the server's: turn on NTP on both (`timedatectl set-ntp true`)",
	"AuthorizationHeaderMalformed": "the bucket is in another region: correct blobs.s3.region",
	"IllegalLocationConstraint":    "the bucket is in another region: correct blobs.s3.region",
	"PermanentRedirect":            "the bucket is in another region: correct blobs.s3.region, or blobs.s3.endpoint when it is set",
	"MovedPermanently":             "the bucket is in another region: correct blobs.s3.region, or blobs.s3.endpoint when it is set",
	"ExpiredToken":                 "the machine's keys have run out: see what renews them",
	"QuotaExceeded":                "the bucket is full: raise its quota",
	"InvalidBucketName":            "the server takes no bucket of this name: correct blobs.s3.bucket",
	"XAmzContentSHA256Mismatch":    "something between here and the server changes what is sent: see whether there is a proxy",
	"ServiceUnavailable":           "the server is overloaded: try again",
	"SlowDown":                     "the server is overloaded: try again",
}

// Explain says in words for the operator why a bucket cannot be used, and what to change.
func Explain(err error) string {
	if words, ok := explanations[code(err)]; ok {
		return words
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden {
		return "the keys are not allowed to: give them s3:PutObject, s3:GetObject and s3:DeleteObject on the bucket's objects"
	}
	if noKeys(err) {
		return "there are no keys: set blobs.s3.accessKeyId and secretAccessKey, or give the machine some (AWS_ACCESS_KEY_ID, ~/.aws, a role)"
	}
	return strings.Join(strings.Fields(innermost(err).Error()), " ")
}

// innermost leaves out what the SDK and we have put around what went wrong, and the addresses in it.
func innermost(err error) error {
	var (
		ours      *fault.Error
		operation *smithy.OperationError
		request   *url.Error
		said      smithy.APIError
	)
	if errors.As(err, &ours) && ours.Unwrap() != nil {
		err = ours.Unwrap()
	}
	switch {
	case errors.As(err, &said):
		return errors.New("it answers " + said.ErrorCode() + ": " + said.ErrorMessage())
	case errors.As(err, &request):
		return request.Err
	case errors.As(err, &operation):
		return operation.Err
	}
	return err
}

// noKeys tells that the machine has none. The SDK has no error of its own for it.
func noKeys(err error) bool {
	return strings.Contains(err.Error(), "failed to refresh cached credentials") || strings.Contains(err.Error(), "get credentials")
}
