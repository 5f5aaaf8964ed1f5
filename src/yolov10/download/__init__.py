"""The official weights, fetched from their public home at the user's word; needs the extra [hub]."""
