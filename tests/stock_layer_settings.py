"""The settings of a process of ours that runs on the channel layer of channels_redis."""

from config.settings import *  # noqa: F403
from tests.realtime import layers

CHANNEL_LAYERS["default"]["BACKEND"] = layers.STOCK  # noqa: F405
