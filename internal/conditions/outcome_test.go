package conditions

import (
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
)

func TestOutcome(t *testing.T) {
	later := ctrl.Result{RequeueAfter: time.Minute}
	broken := errors.New("away")
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "a", broken)
	terminating := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "a", broken)
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for title, test := range map[string]struct {
		err, want error
		result    ctrl.Result
	}{
		"success":               {nil, nil, later},
		"failure":               {broken, broken, ctrl.Result{}},
		"a right that lacks":    {forbidden, forbidden, ctrl.Result{}},
		"a namespace that goes": {fmt.Errorf("applying: %w", errors.Join(terminating, broken)), nil, ctrl.Result{}},
	} {
		if result, err := Outcome(later, test.err); !errors.Is(err, test.want) || result != test.result {
			t.Errorf("%s: %+v, %v", title, result, err)
		}
	}
}
