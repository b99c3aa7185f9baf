"""Sockets in and out: readings to the inbox, frames to the viewers, recorded readings again."""
