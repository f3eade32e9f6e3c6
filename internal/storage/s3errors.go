package storage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// codeOf is the code of the store's error, empty where there is none.
func codeOf(err error) string {
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		return answer.ErrorCode()
	}
	return ""
}

// isCode says that the store answered with an error of that code.
func isCode(err error, code string) bool { return err != nil && codeOf(err) == code }

// isUnsupported says that the store does not know the call.
func isUnsupported(err error) bool {
	if err == nil {
		return false
	}
	switch codeOf(err) {
	case "NotImplemented", "XNotImplemented", "MethodNotAllowed", "UnsupportedOperation":
		return true
	}
	response, ok := errors.AsType[*awshttp.ResponseError](err)
	return ok && response.HTTPStatusCode() == http.StatusNotImplemented
}

// explain makes of an error the state of the bucket: what is wrong, whose fault it is, and which field leads there.
// Errors that are not about the store stay as they are.
func (b *bucket) explain(err error) error {
	blocked := func(reason, format string, arguments ...any) error {
		part := conditions.Blocked(v1alpha1.ConditionStorageReady, reason, fmt.Sprintf(format, arguments...))
		return &conditions.UntilError{Part: part, Err: err}
	}
	waiting := func(reason, format string, arguments ...any) error {
		part := conditions.Waiting(v1alpha1.ConditionStorageReady, reason, fmt.Sprintf(format, arguments...))
		return &conditions.UntilError{Part: part, Err: err}
	}
	if errors.Is(err, ErrUnfinished) {
		return err
	}
	if errors.Is(err, errForeign) {
		return blocked(v1alpha1.ReasonBucketNotOurs, "spec.storage.s3.bucket: bucket %s is left alone: %v", b.name, err)
	}
	if errors.Is(err, errOtherPrefix) {
		return blocked(v1alpha1.ReasonImmutable, "spec.storage.s3.prefix: bucket %s is left as it is: %v", b.name, err)
	}
	switch code := codeOf(err); code {
	case "BucketAlreadyExists":
		return blocked(v1alpha1.ReasonBucketNotOurs, "spec.storage.s3.bucket: bucket %s at %s belongs to another account", b.name, b.where)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException":
		return blocked(v1alpha1.ReasonBucketCredentialsRefused, "spec.storage.s3.credentialsSecretRef: %s refuses the credentials of Secret %s: %s", b.where, b.secret, code)
	case "AccessDenied", "Forbidden", "AllAccessDisabled":
		return blocked(v1alpha1.ReasonBucketNotAllowed, "spec.storage.s3: %s does not let the credentials of Secret %s use bucket %s, which may be somebody else's (%s)", b.where, b.secret, b.name, doing(err))
	case "":
	default:
		return waiting(v1alpha1.ReasonBucketFailed, "spec.storage.s3: bucket %s at %s: %s: %s", b.name, b.where, doing(err), code)
	}
	if isUnreachable(err) {
		return waiting(v1alpha1.ReasonBucketUnreachable, "spec.storage.s3.endpoint: %s does not answer", b.where)
	}
	return err
}

// doing is what was being done, without the ids of requests and addresses of ports that differ with every attempt.
func doing(err error) string {
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if _, ok := cause.(*smithy.OperationError); ok { //nolint:errorlint // looking for one link of the chain
			return cause.(*smithy.OperationError).OperationName //nolint:errorlint // the same link
		}
	}
	return "the call failed"
}

// isUnreachable says that no answer of the store came: it is not there, or too slow, or no HTTP.
func isUnreachable(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, network := errors.AsType[net.Error](err); network {
		return true
	}
	_, sending := errors.AsType[*smithy.OperationError](err)
	_, answered := errors.AsType[*awshttp.ResponseError](err)
	return sending && !answered
}
