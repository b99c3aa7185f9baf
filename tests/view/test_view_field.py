from dataclasses import replace

import numpy as np
from view_samples import make_frame, make_view_model

from twin3d.view.field import FieldValues


def test_points_at_a_prescribed_temperature_are_as_uncertain_as_it():
    view_model = make_view_model(8)
    lifting = np.zeros_like(view_model.lifting)
    lifting[:5, 1] = 1.0
    factor = np.zeros((8 + 2, 1))
    factor[9] = 2.0

    deviation = FieldValues(replace(view_model, lifting=lifting)).deviation(
        replace(make_frame(view_model), covariance_factor=factor)
    )

    np.testing.assert_allclose(deviation[:5], np.hypot(2.0, 0.05), rtol=1e-6)
    np.testing.assert_allclose(deviation[5:], 0.05, rtol=1e-6)


def test_a_factor_without_rows_of_inputs_takes_them_as_certain():
    view_model = make_view_model(8)
    frame = make_frame(view_model)
    rows_of_inputs = np.zeros((2, frame.covariance_factor.shape[1]))
    padded = replace(frame, covariance_factor=np.vstack([frame.covariance_factor, rows_of_inputs]))

    short, long = (FieldValues(view_model).deviation(each) for each in (frame, padded))

    np.testing.assert_array_equal(short, long)
