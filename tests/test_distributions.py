"""Quantiles against scipy, moments against integrals, draws against their distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import special, stats

from factory_sim.scenario import quantiles
from factory_sim.scenario.distributions import Constant, Distribution, Lifetime, Scaled

REACHABLE = 2.0**-53
"""The spacing of the uniform draws, and the smallest that is not 0."""

ADAPTER = TypeAdapter(Distribution)

# name, what the user writes (s), the same in scipy
FAMILIES = {
    "exponential": ({"mean": 60}, stats.expon(scale=60)),
    "uniform": ({"low": 40, "high": 60}, stats.uniform(40, 20)),
    "triangular": ({"low": 40, "mode": 45, "high": 60}, stats.triang(0.25, 40, 20)),
    "normal": ({"mean": 60, "sd": 40}, stats.truncnorm(-1.5, np.inf, 60, 40)),
    "lognormal": ({"median": 50, "sigma": 0.5}, stats.lognorm(0.5, scale=50)),
    "gamma": ({"mean": 52, "cv": 0.3}, stats.gamma(0.3**-2, scale=52 * 0.09)),
    "erlang": ({"mean": 60, "k": 3}, stats.gamma(3, scale=20)),
    "weibull": ({"scale": 60, "shape": 1.8}, stats.weibull_min(1.8, scale=60)),
    "beta": ({"low": 40, "high": 60, "a": 2, "b": 3}, stats.beta(2, 3, 40, 20)),
}


def make(dist, **parameters):
    return ADAPTER.validate_python({"dist": dist, **parameters})


def message(value):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(value)
    return str(caught.value.errors()[0]["ctx"]["error"])


def grid():
    """Probabilities over all that a draw can be, dense in both tails: multiples of 2^-53."""
    tail = 2.0 ** -np.linspace(2, 53, 2_000)
    u = np.concatenate([tail[::-1], np.linspace(0.25, 0.75, 2_001), 1 - tail])
    return np.round(u * 2.0**53) * 2.0**-53


@pytest.mark.parametrize("name", sorted(FAMILIES.keys() - {"normal"}))
def test_a_quantile_is_the_inverse_distribution_function(name):
    parameters, exact = FAMILIES[name]
    u = grid()
    expected = np.where(u < 0.5, exact.ppf(u), exact.isf(1 - u))
    np.testing.assert_allclose(make(name, **parameters).quantile(u), expected, rtol=1e-9)


def test_a_truncated_normal_quantile_leaves_its_share_on_either_side():
    """The inverse in scipy loses digits beyond 1e-9, so the survival function is the judge.

    An error e of z changes the tail by hazard(z) e < 9 e: 1e-11 in tail is 1e-12 in z.
    """
    u = grid()
    z = (make("normal", mean=60, sd=40).quantile(u) - 60) / 40
    whole = special.ndtr(1.5)
    above, below = special.ndtr(-z) / whole, (special.ndtr(z) - special.ndtr(-1.5)) / whole
    np.testing.assert_allclose(above[u > 0.5], 1 - u[u > 0.5], rtol=1e-11)
    np.testing.assert_allclose(below[u <= 0.5], u[u <= 0.5], rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("name", FAMILIES)
def test_mean_and_sd_are_the_integrals_of_the_quantile(name):
    """E X = int q(Phi(z)) phi(z) dz, by the trapezoid rule; 1e-5 is its error at the steps here."""
    distribution = make(name, **FAMILIES[name][0])
    z = np.linspace(-8.2, 8.2, 400_001)
    x, density = distribution.quantile(special.ndtr(z)), stats.norm.pdf(z)
    mean = np.trapezoid(x * density, z)
    assert distribution.mean == pytest.approx(mean, rel=1e-5)
    variance = np.trapezoid((x - mean) ** 2 * density, z)
    assert distribution.sd == pytest.approx(np.sqrt(variance), rel=1e-5)


def distance(distribution, exact, seed=0, size=100_000):
    """Return the Kolmogorov-Smirnov distance of draws, in units of its 0.1 % limit."""
    draws = distribution.quantile(np.random.default_rng(seed).random(size))
    return stats.kstest(draws, exact.cdf).statistic / (stats.kstwobign.isf(0.001) / np.sqrt(size))


@pytest.mark.parametrize("name", FAMILIES)
def test_draws_follow_their_distribution(name):
    parameters, exact = FAMILIES[name]
    assert distance(make(name, **parameters), exact) < 1


def test_draws_of_a_slightly_different_gamma_are_told_apart():
    _, exact = FAMILIES["gamma"]
    assert distance(make("gamma", mean=52, cv=0.315), exact) > 1


@pytest.mark.parametrize("shape", [0.05, 0.1, 0.5, 0.99, 1.01, 3.7, 30.0, 1e3, 1e4, 9e4])
def test_the_gamma_table_is_exact_to_1e_9(shape):
    u = grid()
    expected = np.where(u < 0.5, special.gammaincinv(shape, u), special.gammainccinv(shape, 1 - u))
    normal = expected > 1e-290  # below, doubles lose digits
    x = quantiles.gamma(shape, u)
    np.testing.assert_allclose(x[normal], expected[normal], rtol=1e-9)
    assert quantiles._gamma_table(shape) is not None, "this shape should need no slow path"


def test_a_shape_without_an_exact_table_takes_the_exact_function():
    assert quantiles._gamma_table(0.001) is None
    u = np.linspace(0, 0.99, 100)
    expected = special.gammaincinv(0.001, u)
    np.testing.assert_allclose(quantiles.gamma(0.001, u), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [1.1e5, 1e6, 1e9])
def test_large_gamma_shapes_are_exact_where_scipy_is(shape):
    z = np.linspace(-4, 4, 1_001)
    expected = special.gammaincinv(shape, special.ndtr(z))
    np.testing.assert_allclose(quantiles.gamma(shape, special.ndtr(z)), expected, rtol=1e-12)


@pytest.mark.parametrize("a", [0.05, 0.5, 1.0, 2.0, 50.0, 1e4])
@pytest.mark.parametrize("b", [0.05, 1.0, 5.0, 1e3])
def test_the_beta_quantile_is_exact_to_1e_9(a, b):
    u = grid()
    expected = np.where(u < 0.5, special.betaincinv(a, b, u), special.betainccinv(a, b, 1 - u))
    normal = expected > 1e-290
    np.testing.assert_allclose(quantiles.beta(a, b, u)[normal], expected[normal], rtol=1e-9)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_lowest_and_highest_draw_give_finite_times(name):
    distribution = make(name, **FAMILIES[name][0])
    x = distribution.quantile(np.array([0.0, REACHABLE, 0.5, 1 - REACHABLE]))
    assert np.isfinite(x).all()
    assert (x >= 0).all()


@given(
    name=st.sampled_from(list(FAMILIES)),
    u=st.lists(st.floats(0, 1 - REACHABLE), min_size=2, max_size=50),
)
@settings(max_examples=50)
def test_a_larger_draw_never_gives_a_shorter_time(name, u):
    """Law: quantiles are monotone, up to the rounding of the last digits."""
    x = make(name, **FAMILIES[name][0]).quantile(np.sort(u))
    assert (np.diff(x) >= -1e-12 * x[1:]).all()


@given(shape=st.floats(0.02, 1e6), rows=st.integers(1, 4), columns=st.integers(1, 70))
@settings(max_examples=20)
def test_a_quantile_does_not_depend_on_the_shape_of_the_array(shape, rows, columns):
    u = np.random.default_rng(1).random((rows, columns))
    whole = make("gamma", shape=shape, scale=1).quantile(u)
    single = make("gamma", shape=shape, scale=1).quantile(u[-1, -1:])
    assert whole.shape == u.shape
    np.testing.assert_allclose(whole[-1, -1], single[0], rtol=1e-14)


def test_an_erlang_of_one_phase_is_exponential():
    u = grid()
    exponential = make("exponential", mean=60).quantile(u)
    np.testing.assert_array_equal(make("erlang", mean=60, k=1).quantile(u), exponential)
    np.testing.assert_array_equal(make("gamma", mean=60, cv=1).quantile(u), exponential)


@pytest.mark.parametrize("name", ["gamma", "lognormal", "normal"])
def test_mean_with_cv_and_mean_with_sd_say_the_same(name):
    u = grid()
    by_cv, by_sd = make(name, mean=60, cv=0.25), make(name, mean=60, sd=15)
    np.testing.assert_allclose(by_cv.quantile(u), by_sd.quantile(u), rtol=1e-12)
    assert by_cv.mean == pytest.approx(by_sd.mean)


def test_mean_and_shape_of_a_weibull_give_its_mean():
    assert make("weibull", mean=60, shape=0.7).mean == pytest.approx(60)
    assert make("weibull", mean=60, shape=0.7).sd == pytest.approx(
        stats.weibull_min(0.7, scale=make("weibull", mean=60, shape=0.7)._scale()).std()
    )


@pytest.mark.parametrize("name", ["gamma", "lognormal", "normal"])
def test_a_spread_of_zero_is_a_constant(name):
    distribution = make(name, mean=60, cv=0)
    np.testing.assert_allclose(distribution.quantile(grid()), 60, rtol=1e-12)
    assert distribution.mean == pytest.approx(60)
    assert distribution.sd == 0


def test_the_mean_of_a_truncated_normal_is_above_the_one_that_was_written():
    assert make("normal", mean=60, sd=60).mean == pytest.approx(
        stats.truncnorm(-1, np.inf, 60, 60).mean()
    )


def test_a_scaled_distribution_scales_every_time():
    u, base = grid(), make("gamma", mean=50, cv=0.2)
    scaled = Scaled(base, 0.9)
    np.testing.assert_array_equal(scaled.quantile(u), 0.9 * base.quantile(u))
    assert (scaled.mean, scaled.sd) == pytest.approx((45, 9))


def test_a_bare_time_is_constant_but_the_mean_of_an_exponential_lifetime():
    assert ADAPTER.validate_python("48 s") == Constant(value=48)
    lifetime = TypeAdapter(Lifetime).validate_python("4 h")
    assert lifetime.model_dump() == {"dist": "exponential", "mean": 14_400}


def test_an_empirical_quantile_is_a_measured_value():
    distribution = make("empirical", values=["50 s", 48, "0.9 min"])
    u = np.array([0, 1 / 3 - 1e-9, 1 / 3 + 1e-9, 2 / 3 + 1e-9, 1 - REACHABLE])
    np.testing.assert_array_equal(distribution.quantile(u), [48, 48, 50, 54, 54])
    assert distribution.mean == pytest.approx((48 + 50 + 54) / 3)
    assert distribution.sd == pytest.approx(np.std([48, 50, 54]))
    assert distribution == make("empirical", values=[48, 50, 54])


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("48\n52 s\n", None),
        ("time\n48\n52\n", None),
        ("part;time\na;52\nb;48 s\n", "time"),
        ("\ufefftime,part\n48,a\n52,b\n", "time"),
    ],
)
def test_a_csv_column_gives_the_measured_values(tmp_path, text, column):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    key = {"column": column} if column else {}
    distribution = ADAPTER.validate_python(
        {"dist": "empirical", "file": "t.csv", **key}, context={"folder": str(tmp_path)}
    )
    assert distribution.values == (48, 52)


def test_a_parquet_column_gives_the_measured_values(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"time": [52.0, 48.0], "part": ["a", "b"]}), tmp_path / "t.parquet")
    given_file = {"dist": "empirical", "file": str(tmp_path / "t.parquet"), "column": "time"}
    assert ADAPTER.validate_python(given_file).values == (48, 52)
    given_file["column"] = "tme"
    assert "has no column tme; it has time, part" in message(given_file)
    (tmp_path / "t.parquet").write_text("no parquet")
    assert "is not readable as Parquet" in message(given_file)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("time\n48\nabc\n", None, 'line 3: must be a time such as 52 s or 12 min (got "abc")'),
        ("time\n48\nnan\n", None, "line 3: must be a time"),
        ("time,part\n48,a\n", None, "has several columns; write column: time"),
        ("time,part\n48,a\n", "tme", "has no column tme; it has time, part"),
        ("", None, "has no values"),
        ("time\n", None, "has no values"),
    ],
)
def test_a_bad_csv_file_says_where_it_is_bad(tmp_path, text, column, words):
    (tmp_path / "t.csv").write_text(text)
    key = {"column": column} if column else {}
    assert words in message({"dist": "empirical", "file": str(tmp_path / "t.csv"), **key})


def test_a_missing_or_binary_file_of_values_is_named(tmp_path):
    assert "file no.csv not found" in message({"dist": "empirical", "file": "no.csv"})
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    assert "is not readable as CSV" in message({"dist": "empirical", "file": f"{tmp_path}/t.csv"})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"dist": "gamma", "mean": 50}, "needs mean and cv, or mean and sd, or shape and scale"),
        ({"dist": "gamma", "mean": 50, "cv": 200}, "has too wide a spread"),
        ({"dist": "lognormal", "median": 5, "sigma": 100}, "has too wide a spread"),
        ({"dist": "weibull", "mean": 50, "shape": 0.001}, "has too wide a spread"),
        ({"dist": "uniform", "low": 5, "high": 4}, "low must not exceed high (got 5 s and 4 s)"),
        ({"dist": "beta", "low": 5400, "high": 60, "a": 1, "b": 1}, "(got 1 h 30 min and 1 min)"),
        (
            {"dist": "triangular", "low": 90, "mode": 0, "high": 0.5},
            "(got 1 min 30 s, 0 s and 0.5 s)",
        ),
        ({"dist": "triangular", "low": 5, "mode": 4, "high": 6}, "low, mode and high must ascend"),
        ({"dist": "beta", "low": 1, "high": 2, "a": 1e-9, "b": 1}, "a and b must be from 0.001"),
        ({"dist": "empirical", "values": [1], "file": "x.csv"}, "has values; leave out file"),
        ({"dist": "empirical"}, "needs values: [48 s, 52 s, ...] or file: times.csv"),
    ],
)
def test_parameters_that_make_no_distribution_are_refused(value, words):
    assert words in message(value)
