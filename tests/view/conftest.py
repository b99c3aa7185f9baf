import pytest
from view_samples import make_view_model

from twin3d.view.gl import probe


@pytest.fixture(scope="session")
def gl():
    """Skips, aloud, where this machine cannot draw."""
    answer = probe()
    if not answer.ok:
        pytest.skip(answer.message)
    return answer


@pytest.fixture(scope="session")
def view_model():
    return make_view_model()
